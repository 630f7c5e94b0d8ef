//! A request whose JSON was read: what the rules judge and the answers are made from.

use serde_json::{Map, Value};

use crate::fault::Faults;
use crate::provider::{Operation, Provider};

/// One request for an operation.
pub(crate) struct Ask {
    pub(crate) provider: &'static Provider,
    pub(crate) operation: Operation,
    /// The segment of the path that named a deployment or an endpoint.
    pub(crate) deployment: Option<String>,
    pub(crate) api_version: Option<String>,
    /// The model of the body, else the deployment, else empty.
    pub(crate) model: String,
    pub(crate) body: Map<String, Value>,
    pub(crate) faults: Faults,
}

impl Ask {
    /// A member that is there and not null.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.member(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.member(name)?.as_u64()
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.member(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn streams(&self) -> bool {
        self.flag("stream")
    }

    /// A flag inside `stream_options`.
    pub(crate) fn stream_option(&self, name: &str) -> bool {
        self.member("stream_options")
            .and_then(|options| options.get(name))
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }
}
