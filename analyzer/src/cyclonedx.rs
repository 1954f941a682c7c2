//! What all CycloneDX 1.6 documents share. Schema 1.6 is strict about unknown keys; what has no field
//! of its own is a property named `whittle:…`.

use serde_json::{Map, Value, json};

use crate::advisories::Stamp;
use crate::advisories::stamp::uuid;

/// A document around its parts. It is named after its content, so that the same content makes the
/// same document.
pub(crate) fn document(
    stamp: Stamp,
    tool: Value,
    subject: Value,
    parts: Map<String, Value>,
) -> Value {
    let time = stamp.date_time();
    let content = format!("{time}{subject}{}", Value::from(parts.clone()));
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(&content)),
        "version": 1,
        "metadata": {
            "timestamp": time,
            "tools": { "components": [tool] },
            "component": subject,
        },
    });
    if let Some(object) = document.as_object_mut() {
        object.extend(parts);
    }
    document
}

pub(crate) fn tool(name: &str, version: &str) -> Value {
    json!({ "type": "application", "name": name, "version": version })
}

/// The analyzed package, given as name, version and purl; several as the parts of a workspace.
pub(crate) fn subject(products: &[(&str, &str, &str)]) -> Value {
    let one = |(name, version, purl): &(&str, &str, &str)| {
        json!({
            "type": "application",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
        })
    };
    match products {
        [product] => one(product),
        products => json!({
            "type": "application",
            "name": "workspace",
            "components": products.iter().map(one).collect::<Vec<Value>>(),
        }),
    }
}

pub(crate) fn property(name: &str, value: &str) -> Value {
    json!({ "name": format!("whittle:{name}"), "value": value })
}
