//! The proc-macro server: the toolchain's own program, run as a child process.
//!
//! Without it (it is not installed, or the policy is `never`) proc macros stay unexpanded and
//! what they may hide becomes `unknown`.

use ra_ap_hir_expand::proc_macro::ProcMacroLoadResult;
use ra_ap_paths::AbsPathBuf;
use ra_ap_proc_macro_api::ProcMacroClient;

use super::macro_models;
use crate::model::{Project, Unit};

pub(crate) struct MacroServer {
    client: Option<ProcMacroClient>,
    notices: Vec<String>,
}

impl MacroServer {
    /// Starts it when a proc macro was built; says in a notice why when it can't.
    pub(crate) fn start(project: &Project) -> Self {
        let mut server = Self {
            client: None,
            notices: Vec::new(),
        };
        if project
            .units
            .iter()
            .all(|unit| unit.proc_macro_dylib.is_none())
        {
            return server;
        }
        let Some(path) = &project.toolchain.proc_macro_srv else {
            server
                .notices
                .push("the toolchain has no proc-macro server: macros stay unexpanded".into());
            return server;
        };
        let path = AbsPathBuf::assert_utf8(path.clone().into_std_path_buf());
        let version = project.toolchain.version.parse().ok();
        let environment: [(&str, &Option<String>); 0] = [];
        match ProcMacroClient::spawn(&path, environment, version.as_ref(), 1) {
            Ok(client) => server.client = Some(client),
            Err(why) => server
                .notices
                .push(format!("the proc-macro server did not start: {why}")),
        }
        server
    }

    /// The macros of one crate, or why there are none.
    ///
    /// One that was not compiled has its models, if there are any.
    pub(crate) fn load(&mut self, project: &Project, unit: &Unit) -> ProcMacroLoadResult {
        let modelled = || {
            let package = &project.packages[unit.package];
            macro_models::load(package, unit, &project.toolchain.version)
        };
        let Some(client) = &self.client else {
            return modelled();
        };
        let Some(dylib) = &unit.proc_macro_dylib else {
            return modelled();
        };
        let path = AbsPathBuf::assert_utf8(dylib.clone().into_std_path_buf());
        let result = ra_ap_load_cargo::load_proc_macro(client, &path, &[]);
        if let Err(why) = &result {
            self.notices.push(format!(
                "proc macro `{}` did not load: {why}",
                unit.crate_name
            ));
        }
        result
    }

    pub(crate) fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }
}
