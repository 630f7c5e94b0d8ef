//! A target: provider, model, options and credential, and the rules that tie them together.

use model::{ClientFormat, ConfiguredOptions, Operation, OptionsPrecedence};
use provider::{Base, EndpointError, Location, Provider, Required, Settings};

use super::Builder;
use crate::schema::{Kind, has_no_statistics};
use crate::tree::{Origin, shorten};
use crate::view::{Spot, View};
use crate::{Logging, Target, Template, TemplateError};

/// What an instance wants of each of its targets.
pub(super) struct Wanted {
    /// None where the document names no known one.
    pub operation: Option<Operation>,
    pub format: Option<ClientFormat>,
    /// The route type exists in the provider's own format only.
    pub native_only: bool,
    pub precedence: OptionsPrecedence,
    /// Lower case.
    pub allowed_hosts: Vec<Box<str>>,
    /// The instance is in use.
    pub enabled: bool,
}

impl Builder<'_> {
    /// Makes the target of a record with `auth`, `model` and `logging`; checks it. `ours` is the record
    /// that may have `bearer_key`.
    pub(super) fn target(
        &mut self,
        view: &View<'_>,
        ours: &View<'_>,
        wanted: &Wanted,
        simulate: bool,
    ) -> Option<Target> {
        let model = view.below("model");
        let options = model.below("options");
        let provider = model.text("provider").and_then(provider::by_id);
        let mut auth = self.upstream_auth(&view.below("auth"), provider);
        self.bearer_key(ours, &mut auth);
        self.check_templates(&model, &options);
        let provider = provider?;
        let logging = view.below("logging");
        let logging = Logging {
            statistics: logging.boolean("log_statistics"),
            payloads: logging.boolean("log_payloads"),
        };
        let unreported = wanted.operation.filter(|operation| has_no_statistics(provider.id, *operation));
        if let Some(operation) = unreported.filter(|_| logging.statistics) {
            let message = format!(
                "{} does not support statistics when route_type is {}",
                provider.id,
                operation.route_type()
            );
            self.error(view.below("logging").spot("log_statistics").place(), message);
        }
        let mut settings = settings(&options);
        settings.extend(self.own_setting(ours, "prompt_template", provider));
        if !simulate {
            self.required_settings(&model, &options, provider, wanted, &settings);
            self.check_location(&options, provider, wanted, &settings);
        }
        self.check_capability(&model, provider, wanted, &settings, simulate);
        self.foreign_options(&options, provider);
        if !simulate {
            auth.identity = self.cloud_identity(&view.below("auth"), &options, provider, &auth);
        }
        let template = |view: &View<'_>, name| {
            let text = view.text(name).filter(|text| !text.is_empty());
            text.map(Template::parse)
        };
        Some(Target {
            provider,
            model: template(&model, "name"),
            alias: model.text("model_alias").map(Into::into),
            auth,
            logging,
            options: ConfiguredOptions {
                max_tokens: options.integer("max_tokens"),
                temperature: options.number("temperature"),
                top_p: options.number("top_p"),
                top_k: options.integer("top_k"),
                embeddings_dimensions: options.integer("embeddings_dimensions"),
                precedence: wanted.precedence,
            },
            settings: settings.iter().map(|(name, value)| (name.clone(), Template::parse(value))).collect(),
            upstream_url: template(&options, "upstream_url"),
            upstream_path: template(&options, "upstream_path"),
            prices: self.prices(&options),
        })
    }

    /// What the provider's file says must be given.
    fn required_settings(
        &mut self,
        model: &View<'_>,
        options: &View<'_>,
        provider: &Provider,
        wanted: &Wanted,
        settings: &[(Box<str>, Box<str>)],
    ) {
        let has_url = options.has("upstream_url");
        let is_set = |name: &str| settings.iter().any(|(known, _)| &**known == name);
        let mut groups: Vec<&str> = Vec::new();
        for setting in provider.settings {
            let must = match setting.required {
                Required::Always => true,
                Required::UnlessUpstreamUrl => !has_url,
                Required::For(operation) => Some(operation) == wanted.operation,
                Required::Never => false,
                Required::Group(group) => {
                    if !groups.contains(&group) {
                        groups.push(group);
                    }
                    false
                }
            };
            if must && !is_set(setting.name) {
                let message =
                    format!("must set 'model.options.{}' for {} provider", setting.name, provider.id);
                self.error(below(model, setting.name).place(), message);
            }
        }
        for group in groups {
            let of_group = |setting: &&provider::Setting| setting.required == Required::Group(group);
            let names: Vec<&str> =
                provider.settings.iter().filter(of_group).map(|setting| setting.name).collect();
            let missing = names.iter().find(|name| !is_set(name));
            if let Some(missing) = missing.filter(|_| names.iter().any(|name| is_set(name))) {
                let list: Vec<String> = names.iter().map(|name| format!("'model.options.{name}'")).collect();
                let message = format!("all or none of these fields must be set: {}", list.join(", "));
                self.error(below(model, missing).place(), message);
            }
        }
        if matches!(provider.base, Base::UpstreamUrl) && !has_url {
            let message = "must set 'model.options.upstream_url' for self-hosted providers/models";
            self.error(below(model, "upstream_url").place(), message);
        }
    }

    /// Hosts: a URL that is one, and placeholders only where a credential stays bound.
    fn check_location(
        &mut self,
        options: &View<'_>,
        provider: &Provider,
        wanted: &Wanted,
        settings: &[(Box<str>, Box<str>)],
    ) {
        let url = options.text("upstream_url").filter(|url| !url.is_empty());
        if options.has("upstream_url") && url.is_none() {
            return;
        }
        if url.is_some_and(|url| url.contains('?')) {
            let message = "the query is not sent: the caller's own goes upstream";
            self.warning(options.spot("upstream_url").place(), message);
        }
        let known = provider_settings(settings);
        let location = Location {
            upstream_url: url,
            upstream_path: options.text("upstream_path"),
            ..Location::of(&known)
        };
        match provider.binding(&location, &wanted.allowed_hosts) {
            // What is missing was told already.
            Ok(_) | Err(EndpointError::MissingSetting(_)) => {}
            Err(error) if url.is_some() => {
                let message = match error {
                    EndpointError::Url(error) => error.to_string(),
                    error => error.to_string(),
                };
                self.error(options.spot("upstream_url").place(), message);
            }
            Err(error) => {
                let spot = host_setting(options, provider);
                let message = match error {
                    EndpointError::Url(_) => "makes a host that is not valid".to_owned(),
                    error => error.to_string(),
                };
                self.error(spot.place(), message);
            }
        }
    }

    /// Warns of placeholders that no request can fill.
    fn check_templates(&mut self, model: &View<'_>, options: &View<'_>) {
        let mut found = vec![(model.spot("name"), model.text("name"))];
        for_each_text(options, &mut |_, spot, text| found.push((spot, Some(text))));
        for name in ["upstream_url", "upstream_path"] {
            found.push((options.spot(name), options.text(name)));
        }
        for (spot, text) in found {
            let Some(defect) = text.map(Template::parse).and_then(|template| template.defect()) else {
                continue;
            };
            // Neither the whole text nor anything from the environment is repeated: it may be secret.
            let reason = match defect {
                TemplateError::UnknownSource(source) if self.is_from_file(&spot) => {
                    format!("source '{}' is not supported", shorten(&source))
                }
                TemplateError::UnknownSource(_) => "the source of a placeholder is not supported".to_owned(),
                _ => "a placeholder is not of the form $(source.key)".to_owned(),
            };
            self.warning(spot.place(), format!("every request will fail: {reason}"))
                .hint("write $(headers.NAME), $(uri_captures.NAME) or $(query_params.NAME)");
        }
    }

    fn is_from_file(&self, spot: &Spot) -> bool {
        let Spot::Value(node) = spot else {
            return false;
        };
        self.tree.scalar(*node).is_some_and(|scalar| scalar.origin == Origin::File)
    }

    /// Whether the provider can do what is asked, and whether the gateway serves it.
    fn check_capability(
        &mut self,
        model: &View<'_>,
        provider: &Provider,
        wanted: &Wanted,
        settings: &[(Box<str>, Box<str>)],
        simulate: bool,
    ) {
        let (Some(operation), Some(format)) = (wanted.operation, wanted.format) else {
            return;
        };
        let place = model.spot("provider");
        let (id, route_type, format_name) = (provider.id, operation.route_type(), format.name());
        if !provider.speaks(format) && format != ClientFormat::OpenAi {
            let message = format!(
                "native llm_format '{format_name}' can only be used with the '{format_name}' model.provider"
            );
            self.error(place.place(), message);
            return;
        }
        let known = provider_settings(settings);
        let options = model.below("options");
        let location = Location {
            upstream_url: options.text("upstream_url"),
            upstream_path: options.text("upstream_path"),
            model: model.text("name"),
            client: format,
            ..Location::of(&known)
        };
        let Some(route) = provider.route(operation, format, &location) else {
            let has: Vec<&str> = Operation::ALL
                .into_iter()
                .filter(|other| *other != Operation::Preserve)
                .filter(|other| provider.route(*other, format, &location).is_some())
                .map(Operation::route_type)
                .collect();
            let format = match format {
                ClientFormat::OpenAi => String::new(),
                _ => format!(" in llm_format {format_name}"),
            };
            let message = format!("provider {id} does not have route type {route_type}{format}");
            self.error(place.place(), message).hint(format!("it has {}", has.join(", ")));
            return;
        };
        let plain = matches!(operation, Operation::Chat | Operation::Completions | Operation::Embeddings);
        let served = if simulate { plain } else { route.is_served() };
        // What the instance as a whole lacks is told by the instance.
        let told = !super::ai_proxy::is_served(format) || wanted.native_only;
        if wanted.enabled && !served && !told {
            let message = format!("provider {id} with route type {route_type} is not served yet");
            self.unserved.error(self.tree, place.place(), message);
        }
    }

    /// A setting that Kong does not have, by its name below `extensions`; warns where its provider has none such.
    fn own_setting(
        &mut self,
        ours: &View<'_>,
        name: &str,
        provider: &Provider,
    ) -> Option<(Box<str>, Box<str>)> {
        let value = ours.text(name).filter(|_| ours.has(name))?;
        let full = format!("extensions.{name}");
        if !provider.settings.iter().any(|setting| setting.name == full) {
            let message = format!("has no effect: provider {} has no such setting", provider.id);
            self.warning(ours.spot(name).place(), message);
        }
        Some((full.into(), value.into()))
    }

    /// Warns of settings that belong to another provider.
    fn foreign_options(&mut self, options: &View<'_>, provider: &Provider) {
        let belongs =
            |provider: &Provider, name: &str| provider.settings.iter().any(|setting| setting.name == name);
        let mut found = Vec::new();
        for_each_text(options, &mut |name, spot, _| {
            let elsewhere = || provider::all().iter().find(|other| belongs(other, name));
            if matches!(spot, Spot::Value(_))
                && !belongs(provider, name)
                && let Some(other) = elsewhere()
            {
                found.push((spot, other.id));
            }
        });
        for (spot, other) in found {
            let message = format!("has no effect: it is an option of provider {other}");
            self.warning(spot.place(), message);
        }
    }
}

/// A field below `model.options`, with all that is missing on the way to it.
fn below(model: &View<'_>, name: &str) -> Spot {
    let options = model.below("options");
    match name.split_once('.') {
        None => options.spot(name),
        Some((record, name)) => match options.node(record) {
            Some(node) => Spot::Below(node, name.to_owned()),
            None => options.spot_path(&format!("{record}.{name}")),
        },
    }
}

/// The setting to blame for a host that the provider's base makes.
fn host_setting(options: &View<'_>, provider: &Provider) -> Spot {
    let mut given = Vec::new();
    for_each_text(options, &mut |name, spot, text| {
        if provider.settings.iter().any(|setting| setting.name == name) {
            given.push((spot, text.contains("$(") || !super::name::is_host(text)));
        }
    });
    let at = given.iter().position(|(_, odd)| *odd).unwrap_or(0);
    if at < given.len() {
        return given.swap_remove(at).0;
    }
    Spot::Value(options.anchor())
}

/// Texts, choices and booleans of the options, with the table's defaults; not the URL and its path.
fn settings(options: &View<'_>) -> Vec<(Box<str>, Box<str>)> {
    let mut found = Vec::new();
    for_each_text(options, &mut |name, _, text| {
        found.push((name.into(), text.into()));
    });
    found
}

fn provider_settings(settings: &[(Box<str>, Box<str>)]) -> Settings {
    let mut known = Settings::default();
    for (name, value) in settings {
        known.set(name.clone(), value.clone());
    }
    known
}

fn for_each_text<'t>(options: &View<'t>, take: &mut dyn FnMut(&str, Spot, &'t str)) {
    for field in options.fields() {
        if matches!(field.name, "upstream_url" | "upstream_path") {
            continue;
        }
        if let Kind::Record(_) = field.kind {
            let inner = options.below(field.name);
            for field_inside in inner.fields() {
                if let Some(text) = setting_text(&inner, field_inside.name, field_inside.kind) {
                    let name = format!("{}.{}", field.name, field_inside.name);
                    take(&name, inner.spot(field_inside.name), text);
                }
            }
        } else if let Some(text) = setting_text(options, field.name, field.kind) {
            take(field.name, options.spot(field.name), text);
        }
    }
}

fn setting_text<'t>(view: &View<'t>, name: &str, kind: Kind) -> Option<&'t str> {
    match kind {
        Kind::Text(_) | Kind::Choice(_) => view.text(name).filter(|text| !text.is_empty()),
        Kind::Boolean => match view.stated(name) {
            Some(true) => Some("true"),
            Some(false) => Some("false"),
            None => view.default(name),
        },
        _ => None,
    }
}
