//! Whether this machine can run the sandbox, found out by running it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{CHECK, Namespaces, RunResult, SUBCOMMAND, Spec};
use crate::sandbox::access::Access;
use crate::sandbox::limits::Limits;

/// The strongest namespaces with which the whole set-up holds, or why none do.
pub(in crate::sandbox) fn strongest(exe: &Path, namespaces: bool) -> Result<Namespaces, String> {
    let mut why = String::new();
    for which in [Namespaces::User, Namespaces::Root, Namespaces::None] {
        if which != Namespaces::None && !namespaces {
            continue;
        }
        match holds(exe, which) {
            Ok(()) => return Ok(which),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn holds(exe: &Path, namespaces: Namespaces) -> Result<(), String> {
    let spec = Spec {
        namespaces,
        access: Access::default(),
        limits: Limits {
            seconds: 20,
            ..Limits::default()
        },
        result: None,
        stop: None,
    };
    let spec = serde_json::to_string(&spec).map_err(|why| why.to_string())?;
    let output = Command::new(exe)
        .args([SUBCOMMAND, "guard", &spec, CHECK])
        .arg(std::process::id().to_string())
        .arg(exe)
        .stdin(Stdio::null())
        .env_clear()
        .output()
        .map_err(|why| format!("the program does not start: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let possible = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    Err(match serde_json::from_str(&said) {
        Ok(RunResult::NotStarted(why)) => why,
        Ok(RunResult::Stopped(stop)) => stop.to_string(),
        Err(_) if !possible.trim().is_empty() => {
            format!("code inside could do this: {}", possible.trim())
        }
        Err(_) => said.trim().to_owned(),
    })
}
