//! What a target's configuration says about where it is, and what it must say.

use model::{ClientFormat, Operation, Settings};

/// A rule about one setting of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Name below `model.options`, dotted: `azure_instance`, `gemini.project_id`.
    pub name: &'static str,
    pub required: Required,
    /// Name under which records tell it.
    pub recorded: Option<&'static str>,
}

/// When a setting must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    Always,
    /// Unless `upstream_url` says where to go.
    UnlessUpstreamUrl,
    /// All settings of the group with this name, or none.
    Group(&'static str),
    /// Only for this operation.
    For(Operation),
    Never,
}

/// Everything in a target's configuration that decides where its requests go. As in [`Settings`], the
/// texts have placeholders at load time and none in a request.
#[derive(Debug, Clone, Copy)]
pub struct Location<'a> {
    pub settings: &'a Settings,
    /// `upstream_url`. Values of placeholders in it are to be escaped by
    /// [`encode_segment`](crate::encode_segment), so that none can start another segment, a query or
    /// another host.
    pub upstream_url: Option<&'a str>,
    /// `upstream_path`; escaped like `upstream_url`.
    pub upstream_path: Option<&'a str>,
    /// Name that the provider knows the model by, where it is known: some models are spoken to in another way.
    pub model: Option<&'a str>,
    /// What the client speaks: some targets have a way of their own for it.
    pub client: ClientFormat,
}

impl<'a> Location<'a> {
    /// A target that is where its provider is.
    pub const fn of(settings: &'a Settings) -> Self {
        Self { settings, upstream_url: None, upstream_path: None, model: None, client: ClientFormat::OpenAi }
    }

    /// Whether `upstream_url` says more than a host.
    pub(crate) fn url_has_path(&self) -> bool {
        self.url_path_is(|path| !path.trim_matches('/').is_empty())
    }

    /// The path that is written out, in `upstream_url` or else in `upstream_path`, without its query.
    pub(crate) fn written_path(&self) -> Option<&'a str> {
        let of_url = self.upstream_url.and_then(|url| crate::url::Url::parse(url).ok()).map(|url| url.path);
        let of_url = of_url.filter(|path| !path.trim_matches('/').is_empty());
        of_url.or(self.upstream_path)?.split(['?', '#']).next()
    }

    /// Whether a path is written out that `test` holds for.
    pub(crate) fn path_is(&self, test: impl Fn(&str) -> bool) -> bool {
        self.written_path().is_some_and(test)
    }

    /// The last segment of a path that is written out.
    pub(crate) fn path_end(&self) -> Option<&'a str> {
        self.written_path()?.rsplit('/').next()
    }

    /// Whether `upstream_url` has a path, without its query, that `test` holds for.
    pub(crate) fn url_path_is(&self, test: impl Fn(&str) -> bool) -> bool {
        self.upstream_url.and_then(|url| crate::url::Url::parse(url).ok()).is_some_and(|url| test(url.path))
    }
}

impl Setting {
    pub(crate) const fn new(name: &'static str, required: Required) -> Self {
        Self { name, required, recorded: None }
    }

    pub(crate) const fn always(name: &'static str) -> Self {
        Self::new(name, Required::Always)
    }

    pub(crate) const fn recorded_as(self, name: &'static str) -> Self {
        Self { recorded: Some(name), ..self }
    }

    pub(crate) const fn optional(name: &'static str) -> Self {
        Self::new(name, Required::Never)
    }
}
