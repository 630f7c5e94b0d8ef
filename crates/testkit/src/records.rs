//! The records that the gateway writes.

use std::path::Path;

use serde_json::Value;

use crate::wait_for;

/// Every complete line of a file of records. Panics where a line is no JSON object.
pub(crate) fn read(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    complete
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert!(value.is_object(), "{line}");
            value
        })
        .collect()
}

/// Waits for the record of a request.
pub(crate) fn wait(path: &Path, request_id: &str) -> Value {
    wait_for(&format!("the record of {request_id}"), || {
        read(path).into_iter().find(|record| record["request"]["id"] == request_id)
    })
}
