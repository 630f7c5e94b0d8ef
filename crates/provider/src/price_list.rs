//! Which list of prices a target is charged by.

use model::Settings;

use crate::Provider;

/// Lists of prices besides those that have a provider's id.
const MORE: [&str; 2] = ["dashscope-cn", "vertex"];

impl Provider {
    /// The list for a target with these settings: the provider's own, or that of a part with prices of its own. Who
    /// runs models on machines of one's own has a list that nobody fills in but the operator.
    pub fn price_list(&self, settings: &Settings) -> &'static str {
        match self.id {
            "gemini" if settings.value("gemini.api_endpoint").is_some() => "vertex",
            "dashscope" if settings.value("dashscope.international") == Some("false") => "dashscope-cn",
            id => id,
        }
    }
}

/// The names of all lists.
pub fn price_lists() -> impl Iterator<Item = &'static str> {
    crate::all().iter().map(|provider| provider.id).chain(MORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(id: &str, setting: Option<(&str, &str)>) -> &'static str {
        let mut settings = Settings::default();
        if let Some((name, value)) = setting {
            settings.set(name, value);
        }
        crate::by_id(id).unwrap().price_list(&settings)
    }

    #[test]
    fn parts_of_providers_have_lists_of_their_own() {
        assert_eq!(list("openai", None), "openai");
        assert_eq!(list("gemini", None), "gemini");
        assert_eq!(
            list("gemini", Some(("gemini.api_endpoint", "europe-west1-aiplatform.googleapis.com"))),
            "vertex"
        );
        assert_eq!(list("dashscope", None), "dashscope");
        assert_eq!(list("dashscope", Some(("dashscope.international", "true"))), "dashscope");
        assert_eq!(list("dashscope", Some(("dashscope.international", "false"))), "dashscope-cn");
    }

    #[test]
    fn every_list_has_a_name_of_its_own() {
        let mut names: Vec<&str> = price_lists().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(count, 18);
    }
}
