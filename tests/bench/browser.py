"""A headless Chromium over its debugging pipe; nothing but Python's own library.

The browser speaks the DevTools protocol over two pipes (`--remote-debugging-pipe`): no port is
opened, no driver is needed. `Browser.page` opens a page in a tab of its own and records what it
requested, what it threw and what it wrote to the console.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


def find():
    """The browser: the variable CHROMIUM, else the first that is on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


class Failed(Exception):
    """What the browser said, or that it said nothing."""


class Browser:
    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="whittle-browser-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Out of the way of the numbers that the browser expects.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]

        def wire():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        arguments = [
            program, "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--mute-audio",
            "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--hide-scrollbars", "--force-color-profile=srgb", "--disable-dev-shm-usage",
            f"--user-data-dir={self.profile}",
        ]
        if os.geteuid() == 0:
            # Its own sandbox does not start for root.
            arguments.append("--no-sandbox")
        self.process = subprocess.Popen(
            arguments, preexec_fn=wire, pass_fds=(3, 4), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        self.input, self.output = ours_in, ours_out
        self.buffer = b""
        self.number = 0
        self.answers = {}
        self.pages = {}

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(timeout=10)
        except (Failed, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, session=None, timeout=60, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + timeout
        while number not in self.answers:
            self.read(end, method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def read(self, end, what):
        """Takes what the browser says next."""
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.input], [], [], left)[0]:
            raise Failed(f"no answer to {what}")
        part = os.read(self.input, 1 << 16)
        if not part:
            raise Failed("the browser went away")
        *messages, self.buffer = (self.buffer + part).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self.answers[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].hear(message["method"], message["params"])

    def processor_time(self):
        """Seconds that the processes of pages have used."""
        processes = self.call("SystemInfo.getProcessInfo")["processInfo"]
        return sum(one["cpuTime"] for one in processes if one["type"] == "renderer")

    def page(self, width=1280, height=900, dark=False):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        self.pages[session] = page
        for domain in ["Page", "Runtime", "Network", "Log"]:
            page.call(f"{domain}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        return page


class Page:
    def __init__(self, browser, target, session):
        self.browser, self.target, self.session = browser, target, session
        self.requests, self.errors, self.dialogs = [], [], []
        self.loaded = False

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def hear(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            said = details.get("exception", {}).get("description") or details["text"]
            self.errors.append(said)
        elif method == "Runtime.consoleAPICalled":
            said = [str(value.get("value", value.get("description"))) for value in parameters["args"]]
            self.errors.append(f"console.{parameters['type']}: {' '.join(said)}")
        elif method == "Log.entryAdded":
            entry = parameters["entry"]
            self.errors.append(f"{entry['source']}: {entry['text']}")
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(parameters["message"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def open(self, file):
        """Loads a file; gives the milliseconds until it is shown."""
        self.loaded = False
        start = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.abspath(file))
        while not self.loaded:
            self.browser.read(start + 60, "the page to load")
        self.frame()
        return (time.monotonic() - start) * 1000

    def frame(self):
        """Waits until what was changed is drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def run(self, script):
        """The value of an expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failed(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def timed(self, script):
        """Milliseconds that it takes to run and draw something."""
        return self.run(f"(async () => {{ const start = performance.now(); {script};"
                        " await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
                        " return performance.now() - start; })()")

    def key(self, key, text=None):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38,
                 "ArrowRight": 39, "ArrowDown": 40, " ": 32}
        code = codes.get(key, ord(key[0].upper()))
        if key == "Enter":
            text = "\r"
        elif len(key) == 1:
            text = key
        press = {"key": key, "windowsVirtualKeyCode": code}
        if key in ("Tab", "Enter", "Escape") or key.startswith("Arrow"):
            press["code"] = key
        down = dict(press, type="keyDown", **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", **press)
        self.frame()

    def click(self, selector):
        """With the mouse, in the middle of an element that is brought into view."""
        place = self.run(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            if (!element) return null;
            element.scrollIntoView({{ block: "center" }});
            const {{ x, y, width, height }} = element.getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        }})()""")
        if not place:
            raise Failed(f"nothing to click: {selector}")
        for kind in ["mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1],
                      button="left", clickCount=1)
        self.frame()

    def picture(self, file):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
        self.browser.pages.pop(self.session, None)
