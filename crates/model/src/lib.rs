//! The vocabulary of the gateway: operations, client formats, usage, losses.
//!
//! Pure data: no I/O, no serde, no clock. Every other crate speaks in these words.

mod format;
mod loss;
mod operation;
mod options;
mod usage;

pub use format::ClientFormat;
pub use loss::{Loss, LossKind, Losses};
pub use operation::Operation;
pub use options::{ConfiguredOptions, OptionsPrecedence};
pub use usage::{Usage, UsageSource};
