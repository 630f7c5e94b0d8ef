//! What the surroundings of the process say: variables, and files that they name.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::IdentityError;

/// Largest file that is read: key files, tokens, profiles.
const MAX_FILE: u64 = 256 << 10;

/// Looks a variable up.
type LookUp = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The variables that identities are found by. A test brings its own.
#[derive(Clone)]
pub struct Environment(Arc<LookUp>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    pub fn new(value: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(value))
    }

    /// A variable that is not empty, without the space around it.
    pub fn value(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// Whether a variable says yes.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The region that the environment names.
    pub fn aws_region(&self) -> Option<String> {
        self.value("AWS_REGION").or_else(|| self.value("AWS_DEFAULT_REGION"))
    }
}

/// Reads a text file anew, off the threads that serve. `what` names it in errors.
pub(crate) async fn read_file(what: &'static str, path: PathBuf) -> Result<Zeroizing<String>, IdentityError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut text = Zeroizing::new(String::new());
        let file = std::fs::File::open(path)?;
        file.take(MAX_FILE + 1).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    })
    .await;
    match read {
        Ok(Ok(text)) if text.len() as u64 <= MAX_FILE => Ok(text),
        Ok(Ok(_)) => Err(IdentityError::Invalid(what, "the file is too large")),
        Ok(Err(error)) => Err(IdentityError::File(what, error.kind())),
        Err(_) => Err(IdentityError::Invalid(what, "the file could not be read")),
    }
}
