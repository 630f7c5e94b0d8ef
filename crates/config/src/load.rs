//! From text to a checked configuration.

use auth::CloudIdentity;

use crate::build::build;
use crate::check::Checker;
use crate::problem::Problems;
use crate::secrets::Secrets;
use crate::tree::Tree;
use crate::{Configuration, Problem, Severity};

/// How a text is loaded.
pub struct LoadOptions<'a> {
    /// Looks an environment variable up; tests and previews hand in their own.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// A plugin that is not supported is left out with a warning, where it would be an error.
    pub ignore_unsupported_plugins: bool,
    /// Finds what only a cloud's own code can tell of an identity, such as whether a key is one.
    pub identity_defect: &'a dyn Fn(&CloudIdentity) -> Option<IdentityDefect>,
}

/// What is wrong with an identity that is configured. Says nothing of what is in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityDefect {
    /// Of `auth`, or of `model.options.bedrock`.
    pub field: &'static str,
    pub reason: &'static str,
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
    let mut problems = Problems::new(name);
    let mut tree = match Tree::read(text, name) {
        Ok(tree) => tree,
        Err(error) => {
            problems.syntax(error);
            return Err(problems.finish());
        }
    };
    let mut secrets = Secrets::new(options.environment);
    let mut checker = Checker {
        tree: &mut tree,
        problems: &mut problems,
        secrets: &secrets,
        ignore_unsupported: options.ignore_unsupported_plugins,
        lenient: false,
    };
    checker.vaults();
    secrets.learn(&tree);
    let mut checker = Checker {
        tree: &mut tree,
        problems: &mut problems,
        secrets: &secrets,
        ignore_unsupported: options.ignore_unsupported_plugins,
        lenient: false,
    };
    checker.document();
    let mut unserved = Problems::new(name);
    let configuration = build(&tree, &mut problems, &mut unserved, options.identity_defect);
    let problems = problems.finish();
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    Ok(Loaded { configuration, warnings: problems, unserved: unserved.finish() })
}
