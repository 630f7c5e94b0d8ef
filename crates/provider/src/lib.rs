//! Who runs the models: one file of data a provider, and the registry of all.
//!
//! A provider says where it lives, how it wants to be authenticated, which path and which wire each
//! operation has, what its target's settings must be, and how it deviates from its wire format.

mod convention;
mod endpoint;
mod families;
mod naming;
mod path;
mod price_list;
mod providers;
pub mod query;
mod registry;
mod route;
mod settings;
mod url;
mod vertex;

pub use auth::{HostBinding, HostPattern, Origin, Scheme};
pub use endpoint::{Asked, Endpoint, EndpointError, Form};
pub use model::Settings;
pub use naming::Named;
pub use path::encode_segment;
pub use price_list::price_lists;
pub use registry::{all, by_id};
pub use route::{Route, Wire};
pub use settings::{Location, Required, Setting};
pub use url::UrlError;

use dialect::{Family, Quirks};
use model::{ClientFormat, Operation};

/// One provider, as data.
pub struct Provider {
    /// The value of `model.provider`.
    pub id: &'static str,
    /// For people: `OpenAI`, `Hugging Face`.
    pub title: &'static str,
    /// The cloud whose identities it takes in place of a key.
    pub cloud: Option<Cloud>,
    pub base: Base,
    /// `upstream_path` takes the place of the path of `upstream_url`; elsewhere the URL's path counts.
    pub path_replaces: bool,
    /// What it can do; of several routes of one operation the first whose condition holds counts.
    pub routes: &'static [Route],
    /// What a target's settings must be; checked when configuration is loaded.
    pub settings: &'static [Setting],
    /// Headers whose value is a setting, where it is given: name (lower case), setting.
    pub headers: &'static [(&'static str, &'static str)],
    /// Rules for a model by its name (`None` is a model without one) and the target's settings.
    pub quirks: fn(model: Option<&str>, settings: &Settings) -> &'static Quirks,
    /// What is known of a model by its name.
    pub family: fn(model: &str) -> &'static Family,
    /// How the provider's own keys are sent: quickstart writes `auth` from it.
    pub key: KeyStyle,
    /// False where a caller's own credential may never replace the configured one (gemini).
    pub caller_may_override: bool,
}

/// Where a provider lives when the target names no `upstream_url`.
#[derive(Debug, Clone, Copy)]
pub enum Base {
    /// A URL in which `{setting}` stands for a setting of the target: `https://{azure_instance}.openai.azure.com`.
    Url(&'static str),
    /// A URL that depends on a boolean or enumerated setting.
    Choice(fn(&Settings) -> &'static str),
    /// Only `upstream_url` says, so it must be given.
    UpstreamUrl,
}

/// A cloud, and how its identities get into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Signed, for the region that this setting names.
    Aws { region: &'static str },
    /// `Authorization: Bearer TOKEN`.
    Azure,
    /// The same.
    Google,
}

impl Cloud {
    /// What the fields of `auth` that belong to it begin with.
    pub const fn field_prefix(self) -> &'static str {
        match self {
            Self::Aws { .. } => "aws_",
            Self::Azure => "azure_",
            Self::Google => "gcp_",
        }
    }
}

/// How a provider's key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStyle {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key itself in this header.
    Header(&'static str),
    /// Not a plain key (signatures, cloud identities), or none.
    None,
}

impl Provider {
    /// How `operation` is done for clients that speak `format`, by a target at `location`; none where
    /// the provider does not have it.
    ///
    /// Clients of [`ClientFormat::Anthropic`] can be put before every provider that chats.
    pub fn route(
        &self,
        operation: Operation,
        format: ClientFormat,
        location: &Location<'_>,
    ) -> Option<&'static Route> {
        let location = &self.at(location);
        let written = |format| {
            let mut routes = self.routes.iter();
            routes.find(|route| {
                route.operation == operation && route.format == format && (route.when)(location)
            })
        };
        // Whoever asks: it is the path that says what is spoken there, unless the provider's own route does.
        let messages = location.url_path_is(|path| path.ends_with("/v1/messages"));
        if operation == Operation::Chat
            && messages
            && !written(ClientFormat::OpenAi).is_some_and(|own| own.relays(ClientFormat::Anthropic))
        {
            return Some(&route::MESSAGES);
        }
        let own = written(format);
        own.or_else(|| self.shared(operation, format, location))
    }

    /// `location` without the path of `upstream_url`, where `upstream_path` takes its place: what is not sent
    /// anywhere must not say either what is spoken there.
    fn at<'a>(&self, location: &Location<'a>) -> Location<'a> {
        if self.path_replaces && location.upstream_path.is_some() {
            Location { upstream_url: location.upstream_url.map(url::without_path), ..*location }
        } else {
            *location
        }
    }

    /// What every provider has, whatever its own routes.
    fn shared(
        &self,
        operation: Operation,
        format: ClientFormat,
        location: &Location<'_>,
    ) -> Option<&'static Route> {
        match (operation, format) {
            (_, ClientFormat::OpenAi) => None,
            (Operation::Preserve, _) if self.speaks(format) => Some(&route::NATIVE_PRESERVE),
            (Operation::Chat, ClientFormat::Anthropic) => {
                self.route(operation, ClientFormat::OpenAi, &Location { client: format, ..*location })
            }
            _ => None,
        }
    }

    /// Whether the provider has `operation` at all, for some settings, in some client format.
    pub fn has(&self, operation: Operation) -> bool {
        self.routes.iter().any(|route| route.operation == operation)
    }

    /// Whether clients of `format` are relayed to it, whatever the model, because it speaks that itself.
    pub fn speaks_to(&self, format: ClientFormat) -> bool {
        let settings = Settings::default();
        let location = Location { client: format, ..Location::of(&settings) };
        let route = self.route(Operation::Chat, format, &location);
        route.is_some_and(|route| route.relays(format))
    }

    /// Whether some route speaks `format`; what a native `llm_format` needs of its provider.
    pub fn speaks(&self, format: ClientFormat) -> bool {
        format == ClientFormat::Anthropic || self.routes.iter().any(|route| route.format == format)
    }
}
