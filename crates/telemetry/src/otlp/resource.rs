//! What all spans, metrics and records of a process have in common, and the requests that they are sent in.

use super::wire::{Message, Value, write_varint};

/// Resource and scope, encoded. Traces, metrics and logs have them at the same places of their requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    /// `ResourceSpans.resource`.
    resource: Vec<u8>,
    /// `ScopeSpans.scope`.
    scope: Vec<u8>,
}

const SERVICE: &str = "service.name";

impl Scoped {
    /// `attributes` are configured ones, which win; `instance` tells processes of one service apart.
    pub fn new(attributes: &[(Box<str>, Box<str>)], version: &str, instance: &str) -> Self {
        let own = [(SERVICE, "ai-proxy"), ("service.version", version), ("service.instance.id", instance)];
        let given = |name: &str| attributes.iter().any(|(known, _)| &**known == name);
        let mut resource = Vec::new();
        Message::new(&mut resource).message(1, |message| {
            for (name, value) in own.iter().filter(|(name, _)| !given(name)) {
                message.attribute(1, name, &Value::Text(value));
            }
            for (name, value) in attributes {
                message.attribute(1, name, &Value::Text(value));
            }
        });
        let mut scope = Vec::new();
        Message::new(&mut scope).message(1, |message| {
            message.text(1, "ai-proxy");
            message.text(2, version);
        });
        Self { resource, scope }
    }

    /// What comes before entries of so many bytes: together they are a request.
    pub fn head(&self, entries: usize) -> Vec<u8> {
        let within_scope = self.scope.len() + entries;
        let mut inner = self.resource.clone();
        inner.push(2 << 3 | 2);
        write_varint(within_scope as u64, &mut inner);
        let mut head = vec![1 << 3 | 2];
        write_varint((inner.len() + within_scope) as u64, &mut head);
        head.extend(inner);
        head.extend(&self.scope);
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_and_its_entries_are_one_request() {
        let scoped = Scoped::new(&[("service.name".into(), "edge".into())], "1.2.3", "i");
        let entry = [0x12, 0x02, 0x0a, 0x00];
        let head = scoped.head(entry.len());
        // Written in one go, the request is the same.
        let mut whole = Vec::new();
        Message::new(&mut whole).message(1, |resource| {
            resource.message(1, |message| {
                for (name, value) in
                    [("service.version", "1.2.3"), ("service.instance.id", "i"), ("service.name", "edge")]
                {
                    message.attribute(1, name, &Value::Text(value));
                }
            });
            resource.message(2, |message| {
                message.message(1, |scope| {
                    scope.text(1, "ai-proxy");
                    scope.text(2, "1.2.3");
                });
                message.message(2, |span| span.text(1, ""));
            });
        });
        assert_eq!([head, entry.to_vec()].concat(), whole);
    }

    #[test]
    fn the_service_has_a_name() {
        let head = Scoped::new(&[], "1", "i").head(0);
        assert!(String::from_utf8_lossy(&head).contains("service.name"));
    }
}
