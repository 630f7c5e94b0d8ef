//! What the conventions of OpenTelemetry call providers
//! (<https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/>, `gen_ai.provider.name`, version 1.40).

use model::Settings;

use crate::Provider;

/// Names that are not the ids of ours. Google's has another one on Vertex AI.
const NAMES: [(&str, &str); 5] = [
    ("azure", "azure.ai.openai"),
    ("bedrock", "aws.bedrock"),
    ("gemini", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("xai", "x_ai"),
];

impl Provider {
    /// The value of `gen_ai.provider.name` for a target with these settings.
    pub fn convention_name(&self, settings: &Settings) -> &'static str {
        if self.id == "gemini" && settings.value("gemini.api_endpoint").is_some() {
            return "gcp.vertex_ai";
        }
        NAMES.iter().find(|(id, _)| *id == self.id).map_or(self.id, |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_of_providers_that_exist() {
        for (id, name) in NAMES {
            let provider = crate::by_id(id).unwrap_or_else(|| panic!("no {id}"));
            assert_eq!(provider.convention_name(&Settings::default()), name);
        }
        let other = crate::by_id("openai").unwrap();
        assert_eq!(other.convention_name(&Settings::default()), "openai");
        let mut vertex = Settings::default();
        vertex.set("gemini.api_endpoint", "x");
        assert_eq!(crate::by_id("gemini").unwrap().convention_name(&vertex), "gcp.vertex_ai");
    }
}
