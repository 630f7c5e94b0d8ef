//! What clients of Messages ask for besides answers: counts of tokens, lists of models.

use document::{Document, Edits, quote};

use super::count::{count_tokens, write_count};
use super::model_list::{ListedModel, write_model, write_models};
use crate::{Aside, Asides, RequestError};

/// Counting and listing.
#[derive(Debug, Clone, Copy)]
pub struct MessagesAsides;

/// What stands before the name of a model whose entry is asked for.
const MODELS: &str = "/v1/models/";

/// The one [`MessagesAsides`].
pub static ASIDES: MessagesAsides = MessagesAsides;

impl Asides for MessagesAsides {
    fn of_path(&self, path: &str) -> Option<Aside> {
        let path = path.trim_end_matches('/');
        if path.ends_with("/count_tokens") {
            Some(Aside::Count)
        } else if path.ends_with("/models") || self.model_of(path).is_some() {
            Some(Aside::Models)
        } else {
            None
        }
    }

    fn count(&self, document: &Document) -> Result<Vec<u8>, RequestError> {
        count_tokens(document)
    }

    fn counted(&self, tokens: u64) -> Vec<u8> {
        write_count(tokens)
    }

    fn edit_count(&self, model: Option<&str>, edits: &mut Edits) {
        if let Some(model) = model {
            edits.set("model", quote(model));
        }
    }

    fn models(&self, names: &[String]) -> Vec<u8> {
        write_models(&names.iter().map(|name| listed(name)).collect::<Vec<_>>())
    }

    fn model_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (_, name) = path.trim_end_matches('/').rsplit_once(MODELS)?;
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    fn model(&self, name: &str) -> Vec<u8> {
        write_model(&listed(name))
    }
}

/// Nobody knows when a model was made.
fn listed(name: &str) -> ListedModel<'_> {
    ListedModel { id: name, display_name: name, created: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_is_asked_for() {
        for (path, aside) in [
            ("/v1/messages", None),
            ("/v1/messages/count_tokens", Some(Aside::Count)),
            ("/any/v1/models/", Some(Aside::Models)),
            ("/any/v1/models/x", Some(Aside::Models)),
            ("/v1/models/a%2Fb/", Some(Aside::Models)),
            ("/v1/models/x/v1/messages", None),
            ("/models/x", None),
        ] {
            assert_eq!(ASIDES.of_path(path), aside, "{path}");
        }
    }

    #[test]
    fn one_model_is_told_as_in_the_list() {
        assert_eq!(ASIDES.model_of("/any/v1/models/a%2Fb/"), Some("a%2Fb"));
        assert_eq!(ASIDES.model_of("/any/v1/models/"), None);
        let list = String::from_utf8(ASIDES.models(&["a/b".to_owned()])).unwrap();
        assert!(list.contains(&String::from_utf8(ASIDES.model("a/b")).unwrap()), "{list}");
    }

    #[test]
    fn models_are_listed_by_their_names() {
        let list = String::from_utf8(ASIDES.models(&["a/b".to_owned()])).unwrap();
        assert!(list.contains("\"id\":\"a/b\"") && list.contains("\"has_more\":false"), "{list}");
    }
}
