//! The usual forms of replies, and the faults of whole answers.

use http::StatusCode;
use serde_json::Value;

use crate::fault::{Fault, Faults};
use crate::frames::Frames;
use crate::native::{Body, Reply};

impl Reply {
    pub(crate) fn whole(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Whole(value) }
    }

    pub(crate) fn stream(frames: Frames, kind: &'static str) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Body::Stream { kind, frames } }
    }
}

/// Takes out of a whole answer what a fault asks for: its main member, or its usage.
pub(crate) fn spoil(value: &mut Value, faults: &Faults, main: &str, usage: &[&str]) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    if faults.has(Fault::NoChoices) {
        fields.remove(main);
    }
    if faults.has(Fault::NullChoices) {
        fields.insert(main.to_owned(), Value::Null);
    }
    if faults.has(Fault::NoUsage) {
        for name in usage {
            fields.remove(*name);
        }
    }
}
