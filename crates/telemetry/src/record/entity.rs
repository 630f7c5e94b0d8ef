//! A route, a service or a consumer: what records say of it is written when its configuration is read, and not for each
//! request again.

use super::line::Line;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    label: Box<str>,
    json: Box<str>,
}

impl Entity {
    /// A route or a service.
    pub fn new(id: &str, name: Option<&str>) -> Self {
        Self::written(name.unwrap_or(id), id, &[("name", name)])
    }

    /// `custom_id` is what another system calls it.
    pub fn consumer(id: &str, username: Option<&str>, custom_id: Option<&str>) -> Self {
        let label = username.or(custom_id).unwrap_or(id);
        Self::written(label, id, &[("username", username), ("custom_id", custom_id)])
    }

    fn written(label: &str, id: &str, members: &[(&'static str, Option<&str>)]) -> Self {
        let mut json = Vec::new();
        let mut line = Line::new(&mut json);
        line.raw("{\"id\":\"").text(id).raw("\"");
        for (name, value) in members {
            if let Some(value) = value {
                line.raw(",\"").word(name).raw("\":\"").text(value).raw("\"");
            }
        }
        line.raw("}");
        Self { label: label.into(), json: String::from_utf8_lossy(&json).into() }
    }

    /// The name, or an id where there is none.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// As an object.
    pub(super) fn json(&self) -> &str {
        &self.json
    }
}
