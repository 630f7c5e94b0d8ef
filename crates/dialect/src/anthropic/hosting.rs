//! Who runs Claude, and how Messages differ there: data.
//!
//! From <https://docs.anthropic.com/en/api/claude-on-amazon-bedrock> and
//! <https://docs.anthropic.com/en/api/claude-on-vertex-ai>.

use model::Settings;

/// How one host of Claude deviates from Anthropic's own API.
#[derive(Debug, PartialEq, Eq)]
pub struct Hosting {
    /// The body says which model; else the URL does.
    pub(super) model_in_body: bool,
    /// The body says whether the answer is streamed; else the URL does.
    pub(super) stream_in_body: bool,
    /// What `anthropic_version` is in the body: what each value begins with, and the one that is set.
    pub(super) version: Option<(&'static str, &'static str)>,
    /// Reads the version of the API in the header `anthropic-version`.
    pub(super) version_in_header: bool,
    pub(super) betas: BetaRule,
    /// Top-level members that the host refuses, each with the beta that makes it legal.
    pub(super) refused: &'static [(&'static str, Option<&'static str>)],
    /// Kinds of tools that the host does not run, by the beginnings of their `type`.
    pub(super) refused_tools: &'static [&'static str],
    /// Takes `cache_control.scope`.
    pub(super) cache_scope: bool,
    /// Whose form its errors have.
    pub(super) errors: ErrorForm,
}

/// Whose form the errors of a host have, where the model did not refuse for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorForm {
    Anthropic,
    Aws,
    Google,
    /// `{"error_code":"…","message":"…"}`:
    /// <https://docs.databricks.com/aws/en/machine-learning/model-serving/score-foundation-models>.
    Databricks,
}

/// Where the features that a caller asks for by `anthropic-beta` go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BetaRule {
    /// All, in the header.
    Header,
    /// Those known to the host, in the header: it refuses a request that names another.
    KnownInHeader,
    /// Those known to the host, in the body.
    KnownInBody,
}

/// What becomes of the betas that a caller asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Betas {
    /// Go to the host, each once.
    pub kept: Vec<Box<str>>,
    /// The host would refuse the request for them.
    pub dropped: Vec<Box<str>>,
}

/// Betas that Bedrock and Vertex know. All others make them refuse the request.
const KNOWN: &[&str] = &[
    "computer-use-2024-10-22",
    "computer-use-2025-01-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dev-full-thinking-2025-05-14",
    "effort-2025-11-24",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "mcp-client-2025-04-04",
    "mcp-client-2025-11-20",
    "model-context-window-exceeded-2025-08-26",
    "output-128k-2025-02-19",
    "pdfs-2024-09-25",
    "search-results-2025-06-09",
    "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19",
    "tool-examples-2025-10-29",
    "tool-search-tool-2025-10-19",
    "web-search-2025-03-05",
];

/// Betas that go by another name outside Anthropic's own API.
const ALIASES: &[(&str, &str)] = &[("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19")];

/// The setting that says which version of the API is spoken.
pub(super) const VERSION: &str = "anthropic_version";

/// The first version that refuses temperature, `top_p` and `top_k`, whatever their values:
/// <https://platform.claude.com/docs/en/api/migration-2026-10-21>, read in November 2026. Bedrock's `InvokeModel` has
/// versions of its own, in the body.
const WITHOUT_SAMPLING: &str = "2026-10-21";

const CONTEXT_MANAGEMENT: (&str, Option<&str>) =
    ("context_management", Some("context-management-2025-06-27"));

/// Anthropic's own API.
pub static API: Hosting = Hosting {
    model_in_body: true,
    stream_in_body: true,
    version: None,
    version_in_header: true,
    betas: BetaRule::Header,
    refused: &[],
    refused_tools: &[],
    cache_scope: true,
    errors: ErrorForm::Anthropic,
};

/// AWS Bedrock, `InvokeModel`.
pub static BEDROCK: Hosting = Hosting {
    model_in_body: false,
    stream_in_body: false,
    version: Some(("bedrock-", "bedrock-2023-05-31")),
    version_in_header: false,
    betas: BetaRule::KnownInBody,
    refused: &[
        ("service_tier", None),
        ("container", None),
        ("inference_geo", None),
        ("speed", None),
        ("mcp_servers", None),
        ("output_format", None),
        CONTEXT_MANAGEMENT,
    ],
    refused_tools: &["web_search_", "web_fetch_", "code_execution_", "mcp_toolset"],
    cache_scope: false,
    errors: ErrorForm::Aws,
};

/// Google Vertex AI, `rawPredict`.
pub static VERTEX: Hosting = Hosting {
    model_in_body: false,
    stream_in_body: true,
    version: Some(("vertex-", "vertex-2023-10-16")),
    version_in_header: true,
    betas: BetaRule::KnownInHeader,
    refused: &[
        ("service_tier", None),
        ("container", None),
        ("inference_geo", None),
        ("speed", None),
        ("mcp_servers", None),
        ("output_format", None),
        CONTEXT_MANAGEMENT,
    ],
    refused_tools: &["web_fetch_", "code_execution_", "mcp_toolset"],
    cache_scope: false,
    errors: ErrorForm::Google,
};

/// Azure AI Foundry.
pub static FOUNDRY: Hosting = Hosting {
    model_in_body: true,
    stream_in_body: true,
    version: None,
    version_in_header: true,
    betas: BetaRule::Header,
    refused: &[("service_tier", None), ("inference_geo", None), ("speed", None)],
    refused_tools: &[],
    cache_scope: true,
    errors: ErrorForm::Anthropic,
};

/// Databricks' endpoints in Anthropic's shape.
pub static DATABRICKS: Hosting = Hosting {
    model_in_body: true,
    stream_in_body: true,
    version: None,
    version_in_header: true,
    betas: BetaRule::KnownInHeader,
    refused: &[
        ("service_tier", None),
        ("container", None),
        ("inference_geo", None),
        ("speed", None),
        ("mcp_servers", None),
        CONTEXT_MANAGEMENT,
    ],
    refused_tools: &["web_search_", "web_fetch_", "code_execution_", "mcp_toolset"],
    cache_scope: false,
    errors: ErrorForm::Databricks,
};

impl Hosting {
    /// Sorts the betas that a caller asks for into those that the host takes and the others. Each value may be
    /// a list with commas, as in the header.
    pub fn betas<'b>(&self, asked: impl IntoIterator<Item = &'b str>) -> Betas {
        let mut betas = Betas::default();
        let names = asked.into_iter().flat_map(|list| list.split(',')).map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            let alias = ALIASES.iter().find(|(own, _)| *own == name).map_or(name, |(_, other)| *other);
            let (list, name) = match self.betas {
                BetaRule::Header => (&mut betas.kept, name),
                _ if KNOWN.contains(&alias) => (&mut betas.kept, alias),
                _ => (&mut betas.dropped, name),
            };
            if !list.iter().any(|known| &**known == name) {
                list.push(name.into());
            }
        }
        betas
    }

    /// Whether the version of the API that is asked for, by the client's header or by configuration, is one in
    /// which nothing can be said of sampling.
    pub(super) fn samples_by_itself(&self, asked: &str, settings: &Settings) -> bool {
        let version = Some(asked).filter(|asked| !asked.is_empty());
        let version = version.or_else(|| settings.value(VERSION));
        // Dates, so that later ones are greater.
        let date = |version: &&str| version.starts_with(|first: char| first.is_ascii_digit());
        self.version_in_header && version.filter(date).is_some_and(|version| version >= WITHOUT_SAMPLING)
    }

    /// Whether the kept betas go into the header `anthropic-beta`; else they stand in the body.
    pub fn has_beta_header(&self) -> bool {
        self.betas != BetaRule::KnownInBody
    }

    /// Whether the host refuses a top-level member for a request with these betas.
    pub(super) fn refuses(&self, member: &str, betas: &[Box<str>]) -> bool {
        self.refused.iter().any(|(name, beta)| {
            *name == member && !beta.is_some_and(|beta| betas.iter().any(|asked| &**asked == beta))
        })
    }

    /// Whether the host does not run tools of a kind.
    pub(super) fn refuses_tool(&self, kind: &str) -> bool {
        self.refused_tools.iter().any(|start| kind.starts_with(start))
    }

    /// `anthropic_version` of a body: what is configured where it is one of the host's, else the usual one.
    pub(super) fn version_for<'v>(&self, configured: Option<&'v str>) -> Option<&'v str> {
        let (start, usual) = self.version?;
        Some(configured.filter(|version| version.starts_with(start)).unwrap_or(usual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn betas_are_sorted() {
        let asked = ["context-1m-2025-08-07, future-2030-01-01", "advanced-tool-use-2025-11-20,,"];
        let bedrock = BEDROCK.betas(asked);
        assert_eq!(bedrock.kept, ["context-1m-2025-08-07", "tool-search-tool-2025-10-19"].map(Box::from));
        assert_eq!(bedrock.dropped, ["future-2030-01-01"].map(Box::from));
        let api = API.betas(asked);
        assert_eq!(api.kept.len(), 3);
        assert!(api.dropped.is_empty());
        assert!(!BEDROCK.has_beta_header() && VERTEX.has_beta_header());
    }

    #[test]
    fn context_management_needs_its_beta() {
        assert!(BEDROCK.refuses("context_management", &[]));
        assert!(!BEDROCK.refuses("context_management", &["context-management-2025-06-27".into()]));
        assert!(BEDROCK.refuses("service_tier", &[]) && !API.refuses("service_tier", &[]));
    }

    #[test]
    fn versions_say_whether_sampling_can_be_told() {
        let none = Settings::default();
        let mut newest = Settings::default();
        newest.set(VERSION, "2026-10-21");
        assert!(API.samples_by_itself("", &newest) && FOUNDRY.samples_by_itself("2026-10-21", &none));
        assert!(VERTEX.samples_by_itself("2027-01-01", &none));
        // What the client says goes upstream, whatever is configured.
        assert!(!API.samples_by_itself("2023-06-01", &newest));
        assert!(!API.samples_by_itself("", &none) && !API.samples_by_itself("x", &none));
        assert!(!BEDROCK.samples_by_itself("2026-10-21", &newest));
        let mut hosts = Settings::default();
        hosts.set(VERSION, "vertex-2023-10-16");
        assert!(!VERTEX.samples_by_itself("", &hosts));
    }

    #[test]
    fn versions_belong_to_the_host() {
        assert_eq!(API.version_for(Some("2023-06-01")), None);
        assert_eq!(BEDROCK.version_for(Some("2023-06-01")), Some("bedrock-2023-05-31"));
        assert_eq!(BEDROCK.version_for(Some("bedrock-2030-01-01")), Some("bedrock-2030-01-01"));
        assert_eq!(VERTEX.version_for(None), Some("vertex-2023-10-16"));
    }
}
