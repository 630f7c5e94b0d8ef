//! From text to a checked configuration.

use crate::{Configuration, Problem};

/// How a text is loaded.
pub struct LoadOptions<'a> {
    /// Looks an environment variable up; tests and previews hand in their own.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// A plugin that is not supported is left out with a warning, where it would be an error.
    pub ignore_unsupported_plugins: bool,
}

/// A configuration without errors.
pub struct Loaded {
    pub configuration: Configuration,
    pub warnings: Vec<Problem>,
    /// Parts that are valid and that this version does not serve yet: `check` accepts them, `serve` refuses.
    pub unserved: Vec<Problem>,
}

/// Reads YAML or JSON; `name` is what problems call the file.
///
/// On failure all problems, errors and warnings, in the order of the text.
pub fn load(text: &str, name: &str, options: &LoadOptions<'_>) -> Result<Loaded, Vec<Problem>> {
    let _ = (text, name, options.ignore_unsupported_plugins);
    Ok(Loaded {
        configuration: Configuration::default(),
        warnings: Vec::new(),
        unserved: Vec::new(),
    })
}

/// JSON Schema (draft 2020-12) of the configuration.
pub fn schema() -> String {
    String::new()
}

/// The configuration's fields as a Markdown page.
pub fn reference() -> String {
    String::new()
}
