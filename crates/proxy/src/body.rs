//! The body of a request on its way up, and how a credential gets into it.

use auth::Secret;
use bytes::Bytes;
use document::{Document, Edits, Form, Spliced, quote};
use http::HeaderMap;
use provider::query;

use crate::error::GatewayError;
use crate::headers;

/// The body of a request on its way up.
pub enum Body {
    /// A JSON object and what is changed in it.
    Object { document: Box<Document>, edits: Box<Edits> },
    /// A JSON object that the gateway has written, and nobody need read unless its credential goes into it.
    Written(Bytes),
    /// A form of parts, one of which is to be the credential.
    Form(Box<Form>),
    /// A form of escaped arguments, one of which is to be the credential.
    Arguments(String),
    /// A form with its credential.
    Signed(Vec<Bytes>),
    /// Bytes that the gateway does not look into.
    Opaque(Bytes),
}

impl Body {
    /// A JSON object that the gateway has written.
    pub fn written(object: Vec<u8>) -> Self {
        let object = Bytes::from(object);
        debug_assert!(Document::parse(object.clone()).is_ok());
        Self::Written(object)
    }

    pub fn is_json(&self) -> bool {
        matches!(self, Self::Object { .. } | Self::Written(_))
    }

    /// A body that is no JSON object, of a request whose credential becomes the field `name` of it.
    pub fn with_place_for(name: &str, bytes: Bytes, headers: &HeaderMap) -> Result<Self, GatewayError> {
        let content_type = headers::content_type(headers).unwrap_or_default();
        if headers::media_type_is(content_type, "application/x-www-form-urlencoded") {
            let text = std::str::from_utf8(&bytes).map_err(|_| GatewayError::NoPlaceInBody)?;
            return Ok(Self::Arguments(text.to_owned()));
        }
        let boundary = document::boundary(content_type).ok_or(GatewayError::NoPlaceInBody)??;
        Ok(Self::Form(Box::new(Form::read(bytes, &boundary, name)?)))
    }

    /// Another object made of the one that this body would be.
    pub fn map_object(self, make: impl FnOnce(&Document) -> Vec<u8>) -> Result<Self, GatewayError> {
        let whole = match self {
            Self::Object { document, edits } => document.apply(&edits).to_bytes(),
            Self::Written(object) => object,
            _ => return Err(GatewayError::Internal("a body is no object")),
        };
        let document = Document::parse(whole).map_err(GatewayError::Json)?;
        Ok(Self::written(make(&document)))
    }

    /// Whether the body has a credential of the caller's at this name; null is none.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Object { document, .. } => document.value(name).is_some_and(|value| !value.is_null()),
            Self::Form(form) => form.has_field(),
            Self::Arguments(arguments) => query::has(arguments, name),
            Self::Written(_) | Self::Signed(_) | Self::Opaque(_) => false,
        }
    }

    /// Puts a credential into the body, in place of the caller's unless `yields` to that. Fails rather than
    /// let the body go out without one.
    pub fn sign(&mut self, name: &str, secret: &Secret, yields: bool) -> Result<(), GatewayError> {
        if let Self::Written(object) = self {
            let document = Document::parse(object.clone())
                .map_err(|_| GatewayError::Internal("a codec has written what is no JSON object"))?;
            *self = Self::Object { document: Box::new(document), edits: Box::default() };
        }
        if yields && self.has(name) {
            return Ok(());
        }
        match self {
            Self::Object { edits, .. } => edits.set(name.to_owned(), quote(secret.expose())),
            Self::Form(form) => *self = Self::Signed(form.with_field(secret.expose())?),
            Self::Arguments(arguments) => {
                let mut signed = query::without(arguments, name).into_owned();
                query::append(&mut signed, name, secret.expose());
                *self = Self::Signed(vec![Bytes::from(signed)]);
            }
            Self::Written(_) | Self::Signed(_) | Self::Opaque(_) => return Err(GatewayError::NoPlaceInBody),
        }
        Ok(())
    }

    /// The pieces that are sent.
    pub fn pieces(&self) -> Vec<Bytes> {
        match self {
            Self::Object { document, edits } => Spliced::into_segments(document.apply(edits)),
            Self::Form(form) => vec![form.bytes().clone()],
            Self::Arguments(arguments) => vec![Bytes::copy_from_slice(arguments.as_bytes())],
            Self::Signed(pieces) => pieces.clone(),
            Self::Written(bytes) | Self::Opaque(bytes) => vec![bytes.clone()],
        }
    }
}
