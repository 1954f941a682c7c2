use expect_test::{Expect, expect};

use super::data::{Report, build};
use super::json::Json;
use super::markdown::Markdown;
use super::order::{Sort, arrange};
use super::paint::Paint;
use super::table::Table;
use super::*;
use crate::model::Analysis;
use crate::sample::{Sample, small};

fn arranged(analysis: &Analysis, sort: Sort, depth: Option<u32>) -> Report {
    let mut report = build(analysis);
    arrange(&mut report, sort, depth);
    report
}

fn text(renderer: &dyn Render, report: &Report) -> String {
    let mut out = Vec::new();
    renderer.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const PLAIN: Table = Table { sort: Sort::Used, paint: Paint { on: false } };

fn check(renderer: &dyn Render, analysis: &Analysis, expected: &Expect) {
    expected.assert_eq(&text(renderer, &arranged(analysis, Sort::Used, None)));
}

#[test]
fn table() {
    check(&PLAIN, &small(), &expect![[r#"
        app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
          executed as cargo does (trust)

        run: what ships
                                    functions                       lines   unsafe    API  leaves  with it
           crate                   used/total      %  unknown  used/total  reached  named  crates    lines
        *  idle 0.3.0                     0/1     0%                 0/10        -    0/1       1    1,000
        *  kinds 0.1.2                    0/1     0%                 0/10        -    0/1       1    1,000
           bytes-util 2.7.4               1/3  33.3%        1       10/30      3/4    0/3       1    1,000
        *b finder 1.11.0                  2/4  50.0%                20/40        -    2/6       3    3,000
           total of 4 crates              3/9  33.3%        1       30/90      3/4   2/11       4    4,000
          nothing used (1): idle 0.3.0
          no function reached; types, traits, consts, macros or linking used (1): kinds 0.1.2

        build: build scripts and what they use, run while building
                                    functions                       lines   unsafe    API  leaves  with it
           crate                   used/total      %  unknown  used/total  reached  named  crates    lines
           parse 1.0.0                    1/2  50.0%                10/20        -    0/2       1    1,000
        *  finder 1.11.0 build.rs         1/1   100%                10/10        -    0/1       3    3,000
           total of 2 crates              2/3  66.6%                20/30        -    0/3       2    2,000

        macro: proc macros and what they use, run while compiling
                                    functions                       lines   unsafe    API  leaves  with it
           crate                   used/total      %  unknown  used/total  reached  named  crates    lines
           parse 2.0.0                    1/2  50.0%                10/20        -    0/2       1    1,000
        *m codegen 1.0.9                  1/1   100%                10/10        -    0/1       2    2,000
           total of 2 crates              2/3  66.6%                20/30        -    0/3       2    2,000

        run    3 of 9 functions (33.3%), 30 of 90 lines in functions, 0 of 1 derived; 1 crate unused
        build  2 of 3 functions (66.6%), 20 of 30 lines in functions
        macro  2 of 3 functions (66.6%), 20 of 30 lines in functions
        exact  no: 1 function is counted as neither used nor unused (1 × macro not expanded); 3 places not
               resolved and widened to all that may be reached (2 × lookup failed (in std), 1 × macro
               not expanded); 1,234 instances of 567 bodies walked

        * direct dependency   b has a build script   m proc macro
        unsafe: functions and blocks   API: public items that the workspace names
        leaves with it: this crate and what only it brings in
    "#]]);
}

#[test]
fn table_of_an_exact_analysis() {
    let mut sample = Sample::new();
    let one = sample.library("one", "1.0.0", 0, crate::model::Domains::RUN);
    sample.function(one, "one::f", crate::model::Status::Used);
    check(&PLAIN, &sample.analysis, &expect![[r#"
        app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
          executed as cargo does (trust)

        run: what ships
                             functions             lines   unsafe    API  leaves  with it
          crate             used/total     %  used/total  reached  named  crates    lines
        * one 1.0.0                1/1  100%       10/10        -    0/1       1    1,000
          total of 1 crate         1/1  100%       10/10        -    0/1       1    1,000

        run    1 of 1 functions (100%), 10 of 10 lines in functions
        build  no dependencies
        macro  no dependencies
        exact  yes: every macro, body and lookup was resolved (1,234 instances of 567 bodies walked)

        * direct dependency
        unsafe: functions and blocks   API: public items that the workspace names
        leaves with it: this crate and what only it brings in
    "#]]);
}

#[test]
fn table_without_dependencies() {
    check(&PLAIN, &Sample::new().analysis, &expect![[r#"
        app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev
        rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros
          executed as cargo does (trust)

        run    no dependencies
        build  no dependencies
        macro  no dependencies
        exact  yes: every macro, body and lookup was resolved (1,234 instances of 567 bodies walked)
    "#]]);
}

#[test]
fn markdown() {
    check(&Markdown { sort: Sort::Used }, &small(), &expect![[r#"
        ## What the dependencies are used for

        app&#64;0.1.0 bin app: features default, x86\_64-unknown-linux-gnu, profile dev  
        rustc 1.95.0 (59807616e 2026-04-14), std sources from rust-src; build scripts and proc macros executed as cargo does (trust)

        - **run**: 3 of 9 functions (33.3%), 30 of 90 lines in functions, 0 of 1 derived; 1 crate unused
        - **build**: 2 of 3 functions (66.6%), 20 of 30 lines in functions
        - **macro**: 2 of 3 functions (66.6%), 20 of 30 lines in functions
        - **exact**: no: 1 function is counted as neither used nor unused (1 × macro not expanded); 3 places not resolved and widened to all that may be reached (2 × lookup failed (in std), 1 × macro not expanded); 1,234 instances of 567 bodies walked

        ### run: what ships

        | crate | functions used/total | % | unknown | lines used/total | unsafe reached | API named | leaves crates | with it lines |
        | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
        | **idle 0.3.0** | 0/1 | 0% |  | 0/10 | - | 0/1 | 1 | 1,000 |
        | **kinds 0.1.2** | 0/1 | 0% |  | 0/10 | - | 0/1 | 1 | 1,000 |
        | bytes-util 2.7.4 | 1/3 | 33.3% | 1 | 10/30 | 3/4 | 0/3 | 1 | 1,000 |
        | **finder 1.11.0** (build script) | 2/4 | 50.0% |  | 20/40 | - | 2/6 | 3 | 3,000 |
        | *total of 4 crates* | 3/9 | 33.3% | 1 | 30/90 | 3/4 | 2/11 | 4 | 4,000 |

        nothing used (1): idle 0.3.0

        no function reached; types, traits, consts, macros or linking used (1): kinds 0.1.2

        ### build: build scripts and what they use, run while building

        | crate | functions used/total | % | unknown | lines used/total | unsafe reached | API named | leaves crates | with it lines |
        | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
        | parse 1.0.0 | 1/2 | 50.0% |  | 10/20 | - | 0/2 | 1 | 1,000 |
        | **finder 1.11.0 build.rs** | 1/1 | 100% |  | 10/10 | - | 0/1 | 3 | 3,000 |
        | *total of 2 crates* | 2/3 | 66.6% |  | 20/30 | - | 0/3 | 2 | 2,000 |

        ### macro: proc macros and what they use, run while compiling

        | crate | functions used/total | % | unknown | lines used/total | unsafe reached | API named | leaves crates | with it lines |
        | :-- | --: | --: | --: | --: | --: | --: | --: | --: |
        | parse 2.0.0 | 1/2 | 50.0% |  | 10/20 | - | 0/2 | 1 | 1,000 |
        | **codegen 1.0.9** (proc macro) | 1/1 | 100% |  | 10/10 | - | 0/1 | 2 | 2,000 |
        | *total of 2 crates* | 2/3 | 66.6% |  | 20/30 | - | 0/3 | 2 | 2,000 |
    "#]]);
}

#[test]
fn json() {
    check(&Json, &small(), &expect![[r#"
        {
          "format": "whittle-report",
          "version": 1,
          "roots": [
            "app@0.1.0 bin app"
          ],
          "domains": [
            "run",
            "build",
            "macro"
          ],
          "features": "default",
          "target": "x86_64-unknown-linux-gnu",
          "profile": "dev",
          "policy": "trust",
          "toolchain": "rustc 1.95.0 (59807616e 2026-04-14)",
          "std_sources": "rust-src",
          "tool": "0.1.0",
          "totals": {
            "run": {
              "crates": 4,
              "direct_crates": 3,
              "crates_with_functions_reached": 2,
              "crates_unused": 1,
              "source_lines": 4000,
              "functions": {
                "used": 3,
                "unknown": 1,
                "unused": 5,
                "total": 9
              },
              "derived": {
                "used": 0,
                "unknown": 0,
                "unused": 1,
                "total": 1
              },
              "types": {
                "used": 1,
                "unknown": 0,
                "unused": 0,
                "total": 1
              },
              "traits": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "consts": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "statics": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "macros": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "public": {
                "direct": 2,
                "total": 11
              },
              "lines": {
                "used": 30,
                "unknown": 10,
                "unused": 50,
                "total": 90
              },
              "unsafe_functions": {
                "used": 1,
                "unknown": 0,
                "unused": 0,
                "total": 1
              },
              "unsafe_blocks": {
                "used": 2,
                "unknown": 0,
                "unused": 1,
                "total": 3
              },
              "uncounted": 0
            },
            "build": {
              "crates": 2,
              "direct_crates": 1,
              "crates_with_functions_reached": 2,
              "crates_unused": 0,
              "source_lines": 2000,
              "functions": {
                "used": 2,
                "unknown": 0,
                "unused": 1,
                "total": 3
              },
              "derived": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "types": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "traits": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "consts": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "statics": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "macros": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "public": {
                "direct": 0,
                "total": 3
              },
              "lines": {
                "used": 20,
                "unknown": 0,
                "unused": 10,
                "total": 30
              },
              "unsafe_functions": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "unsafe_blocks": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "uncounted": 0
            },
            "macro": {
              "crates": 2,
              "direct_crates": 1,
              "crates_with_functions_reached": 2,
              "crates_unused": 0,
              "source_lines": 2000,
              "functions": {
                "used": 2,
                "unknown": 0,
                "unused": 1,
                "total": 3
              },
              "derived": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "types": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "traits": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "consts": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "statics": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "macros": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "public": {
                "direct": 0,
                "total": 3
              },
              "lines": {
                "used": 20,
                "unknown": 0,
                "unused": 10,
                "total": 30
              },
              "unsafe_functions": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "unsafe_blocks": {
                "used": 0,
                "unknown": 0,
                "unused": 0,
                "total": 0
              },
              "uncounted": 0
            }
          },
          "crates": [
            {
              "name": "idle",
              "version": "0.3.0",
              "source": "registry",
              "license": "MIT",
              "direct": true,
              "depth": 1,
              "build_script": false,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 1,
                "lines": 1000,
                "unsafes": 0,
                "build_scripts": 0,
                "proc_macros": 0
              },
              "domains": {
                "run": {
                  "uses": "nothing",
                  "build_script_only": false,
                  "functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 1,
                    "total": 1
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 1
                  },
                  "lines": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 10,
                    "total": 10
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "kinds",
              "version": "0.1.2",
              "source": "registry",
              "license": "MIT",
              "direct": true,
              "depth": 1,
              "build_script": false,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 1,
                "lines": 1000,
                "unsafes": 0,
                "build_scripts": 0,
                "proc_macros": 0
              },
              "domains": {
                "run": {
                  "uses": "other",
                  "build_script_only": false,
                  "functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 1,
                    "total": 1
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 1
                  },
                  "lines": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 10,
                    "total": 10
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "bytes-util",
              "version": "2.7.4",
              "source": "registry",
              "license": "MIT",
              "direct": false,
              "depth": 2,
              "build_script": false,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 1,
                "lines": 1000,
                "unsafes": 4,
                "build_scripts": 0,
                "proc_macros": 0
              },
              "domains": {
                "run": {
                  "uses": "functions",
                  "build_script_only": false,
                  "functions": {
                    "used": 1,
                    "unknown": 1,
                    "unused": 1,
                    "total": 3
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 3
                  },
                  "lines": {
                    "used": 10,
                    "unknown": 10,
                    "unused": 10,
                    "total": 30
                  },
                  "unsafe_functions": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 0,
                    "total": 1
                  },
                  "unsafe_blocks": {
                    "used": 2,
                    "unknown": 0,
                    "unused": 1,
                    "total": 3
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "finder",
              "version": "1.11.0",
              "source": "registry",
              "license": "MIT",
              "direct": true,
              "depth": 1,
              "build_script": true,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 3,
                "lines": 3000,
                "unsafes": 4,
                "build_scripts": 1,
                "proc_macros": 0
              },
              "domains": {
                "run": {
                  "uses": "functions",
                  "build_script_only": false,
                  "functions": {
                    "used": 2,
                    "unknown": 0,
                    "unused": 2,
                    "total": 4
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 1,
                    "total": 1
                  },
                  "types": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 0,
                    "total": 1
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 2,
                    "total": 6
                  },
                  "lines": {
                    "used": 20,
                    "unknown": 0,
                    "unused": 20,
                    "total": 40
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                },
                "build": {
                  "uses": "functions",
                  "build_script_only": true,
                  "functions": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 0,
                    "total": 1
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 1
                  },
                  "lines": {
                    "used": 10,
                    "unknown": 0,
                    "unused": 0,
                    "total": 10
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "codegen",
              "version": "1.0.9",
              "source": "registry",
              "license": "MIT",
              "direct": true,
              "depth": 1,
              "build_script": false,
              "proc_macro": true,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 2,
                "lines": 2000,
                "unsafes": 0,
                "build_scripts": 0,
                "proc_macros": 1
              },
              "domains": {
                "macro": {
                  "uses": "functions",
                  "build_script_only": false,
                  "functions": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 0,
                    "total": 1
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 1
                  },
                  "lines": {
                    "used": 10,
                    "unknown": 0,
                    "unused": 0,
                    "total": 10
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "parse",
              "version": "1.0.0",
              "source": "registry",
              "license": "MIT",
              "direct": false,
              "depth": 2,
              "build_script": false,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 1,
                "lines": 1000,
                "unsafes": 0,
                "build_scripts": 0,
                "proc_macros": 0
              },
              "domains": {
                "build": {
                  "uses": "functions",
                  "build_script_only": false,
                  "functions": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 1,
                    "total": 2
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 2
                  },
                  "lines": {
                    "used": 10,
                    "unknown": 0,
                    "unused": 10,
                    "total": 20
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            },
            {
              "name": "parse",
              "version": "2.0.0",
              "source": "registry",
              "license": "MIT",
              "direct": false,
              "depth": 2,
              "build_script": false,
              "proc_macro": false,
              "source_lines": 1000,
              "exclusive_weight": {
                "crates": 1,
                "lines": 1000,
                "unsafes": 0,
                "build_scripts": 0,
                "proc_macros": 0
              },
              "domains": {
                "macro": {
                  "uses": "functions",
                  "build_script_only": false,
                  "functions": {
                    "used": 1,
                    "unknown": 0,
                    "unused": 1,
                    "total": 2
                  },
                  "derived": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "types": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "traits": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "consts": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "statics": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "macros": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "public": {
                    "direct": 0,
                    "total": 2
                  },
                  "lines": {
                    "used": 10,
                    "unknown": 0,
                    "unused": 10,
                    "total": 20
                  },
                  "unsafe_functions": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "unsafe_blocks": {
                    "used": 0,
                    "unknown": 0,
                    "unused": 0,
                    "total": 0
                  },
                  "uncounted": 0
                }
              }
            }
          ],
          "crates_hidden": 0,
          "exactness": {
            "unknown_functions": 1,
            "unknown_reasons": [
              {
                "reason": "macro not expanded",
                "count": 1
              }
            ],
            "gaps": [
              {
                "reason": "lookup failed",
                "crate": null,
                "crate_version": null,
                "place": "core::iter::Map::next",
                "count": 2
              },
              {
                "reason": "macro not expanded",
                "crate": "bytes-util",
                "crate_version": "2.7.4",
                "place": "bytes_util::table",
                "count": 1
              }
            ],
            "instances": 1234,
            "bodies": 567
          },
          "notices": []
        }
    "#]]);
}

#[test]
fn sorted_and_cut_by_depth() {
    let order = |sort, depth| -> Vec<String> {
        let report = arranged(&small(), sort, depth);
        report.crates.iter().map(|krate| krate.name.clone()).collect()
    };
    assert_eq!(
        order(Sort::Name, None),
        ["bytes-util", "codegen", "finder", "idle", "kinds", "parse", "parse"]
    );
    assert_eq!(order(Sort::Total, Some(1)), ["finder", "idle", "kinds", "codegen"]);
    assert_eq!(order(Sort::Unsafe, Some(2))[0], "bytes-util");
    assert_eq!(order(Sort::Weight, None)[..2], ["finder", "codegen"]);
    assert_eq!(order(Sort::Lines, None)[0], "finder");

    let table = text(&PLAIN, &arranged(&small(), Sort::Used, Some(1)));
    assert!(table.contains("3 deeper crates not shown"), "{table}");
    assert!(!table.contains("bytes-util"), "{table}");
    let totals = |depth| arranged(&small(), Sort::Used, depth).totals;
    assert_eq!(totals(None), totals(Some(0)));
}

#[test]
fn the_table_fits_and_color_changes_no_text() {
    let mut analysis = small();
    analysis.project.packages[1].name = "a-crate-with-a-name-that-goes-on-and-on".repeat(3);
    analysis.project.features = "a,".repeat(90);
    analysis.project.notices.push("a word or two ".repeat(20));
    let report = arranged(&analysis, Sort::Used, None);
    let plain = text(&PLAIN, &report);
    let longest = plain.lines().filter(|line| !line.contains("a,a,")).map(|l| l.chars().count());
    assert!(longest.max() <= Some(100), "{plain}");
    let colored = text(&Table { paint: Paint { on: true }, ..PLAIN }, &report);
    assert!(colored.contains('\x1b'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn no_renderer_lets_control_characters_through() {
    let mut analysis = small();
    let evil = "x\x1b]0;owned\x07\u{202e}|<b>";
    analysis.project.packages[1].name = evil.to_owned();
    analysis.project.packages[2].version = evil.to_owned();
    analysis.project.features = evil.to_owned();
    analysis.project.notices.push(evil.to_owned());
    analysis.gaps[0].reason = evil.to_owned();
    let report = arranged(&analysis, Sort::Used, None);
    let renderers: [&dyn Render; 3] = [&PLAIN, &Json, &Markdown { sort: Sort::Used }];
    for renderer in renderers {
        let text = text(renderer, &report);
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text}");
    }
    let markdown = text(&Markdown { sort: Sort::Used }, &report);
    assert!(!markdown.contains("<b>"), "{markdown}");
    assert!(!markdown.contains("e}|"), "{markdown}");
}
