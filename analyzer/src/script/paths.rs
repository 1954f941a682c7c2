//! Methods of paths.

use super::interp::{Flow, Interp};
use super::value::{Place, Value};

impl Interp<'_> {
    pub(super) fn join_path(
        &mut self,
        place: &Place,
        base: &str,
        name: &str,
        args: &[Value],
    ) -> Flow {
        let more = args.first().cloned().unwrap_or(Value::Unit).deref();
        let more = super::format::plain(&more, false);
        self.allocate(base.len() + more.len())?;
        let joined = if more.starts_with('/') || base.is_empty() {
            more
        } else {
            format!("{}/{more}", base.strip_suffix('/').unwrap_or(base))
        };
        if name == "push" {
            place.change(|here| *here = Value::path(joined));
            return Ok(Value::Unit);
        }
        Ok(Value::path(joined))
    }

    pub(super) fn path_method(
        &mut self,
        text: &str,
        name: &str,
        args: &[Value],
    ) -> Flow<Option<Value>> {
        let path = camino::Utf8Path::new(text);
        let arg = args.first().cloned().unwrap_or(Value::Unit).deref();
        let arg = arg.text().unwrap_or_default();
        let os = |part: Option<&str>| Value::option(part.map(Value::str));
        Ok(Some(match name {
            "parent" => Value::option(path.parent().map(|p| Value::path(p.as_str()))),
            "file_name" => os(path.file_name()),
            "file_stem" => os(path.file_stem()),
            "extension" => os(path.extension()),
            "with_extension" => Value::path(path.with_extension(arg).as_str()),
            "with_file_name" => Value::path(path.with_file_name(arg).as_str()),
            "starts_with" => Value::Bool(path.starts_with(arg)),
            "ends_with" => Value::Bool(path.ends_with(arg)),
            "is_absolute" => Value::Bool(text.starts_with('/')),
            "is_relative" => Value::Bool(!text.starts_with('/')),
            "strip_prefix" => match path.strip_prefix(arg) {
                Ok(rest) => Value::ok(Value::path(rest.as_str())),
                Err(_) => Value::error("StripPrefixError"),
            },
            "components" | "iter" => {
                let parts = path.components().map(|part| Value::str(part.as_str()));
                Value::iter(parts.collect())
            }
            _ => return Ok(None),
        }))
    }
}
