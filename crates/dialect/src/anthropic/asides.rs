//! What clients of Messages ask for besides answers: counts of tokens, lists of models.

use document::{Document, Edits, quote};

use super::count::{count_tokens, write_count};
use super::model_list::{ListedModel, write_models};
use crate::{Aside, Asides, RequestError};

/// Counting and listing.
#[derive(Debug, Clone, Copy)]
pub struct MessagesAsides;

/// The one [`MessagesAsides`].
pub static ASIDES: MessagesAsides = MessagesAsides;

impl Asides for MessagesAsides {
    fn of_path(&self, path: &str) -> Option<Aside> {
        let path = path.trim_end_matches('/');
        if path.ends_with("/count_tokens") {
            Some(Aside::Count)
        } else if path.ends_with("/models") {
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
        // Nobody knows when a model was made.
        let listed: Vec<_> =
            names.iter().map(|name| ListedModel { id: name, display_name: name, created: 0 }).collect();
        write_models(&listed)
    }
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
            ("/models/x", None),
        ] {
            assert_eq!(ASIDES.of_path(path), aside, "{path}");
        }
    }

    #[test]
    fn models_are_listed_by_their_names() {
        let list = String::from_utf8(ASIDES.models(&["a/b".to_owned()])).unwrap();
        assert!(list.contains("\"id\":\"a/b\"") && list.contains("\"has_more\":false"), "{list}");
    }
}
