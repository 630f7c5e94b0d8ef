//! Bodies that keep what they do not understand: validate, read single members, edit by span.
//!
//! A [`Document`] is an ordered view of the members of a top-level object over the original bytes.
//! [`Edits`] are applied by splicing, so whatever is not edited goes out byte for byte.
//! A [`Form`] is the same for one field of a `multipart/form-data` body.
//! Answers are not validated but walked, by [`walk_members`] and
//! [`scan_members`].

mod check;
mod compact;
mod document;
mod edits;
mod error;
mod form;
mod outline;
mod search;
mod skip;
mod splice;
mod text;
mod value;
mod walk;
mod write;

pub use compact::compact;
pub use document::Document;
pub use edits::Edits;
pub use error::{DocumentError, FormError, ScanError};
pub use form::{Form, boundary};
pub use splice::Spliced;
pub use text::{Name, quote};
pub use value::{Items, Kind, Member, Members, Value};
pub use walk::{Cursor, scan_members, walk_members};
pub use write::{
    ArrayWriter, ObjectWriter, append_members, append_number, append_object, write_array, write_body,
    write_object,
};

/// How deep a document may be nested, the top-level object included.
pub const MAX_DEPTH: u32 = 128;
