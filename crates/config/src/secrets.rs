//! Values that a file does not hold itself: decK's `${{ env "DECK_X" }}` and Kong's `{vault://env/x}`.

use base64::Engine as _;

use crate::tree::{CLOSE, NodeId, OPEN, Origin, QUOTE, Scalar, Tree, shorten};

/// Looks values up; never tells one.
pub(crate) struct Secrets<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    vaults: Vec<Vault>,
}

/// One place where `{vault://PREFIX/…}` looks.
struct Vault {
    prefix: Box<str>,
    /// The prefix stands in the file, so that a hint may name it.
    written: bool,
    /// None where the backend is not supported.
    environment: Option<Lookup>,
}

#[derive(Clone, Default)]
struct Lookup {
    /// Put before the name of the variable.
    prefix: Box<str>,
    base64: bool,
}

/// Why there is no value. Holds names, never values.
pub(crate) struct Unresolved {
    pub message: String,
    pub hint: Option<String>,
}

impl Unresolved {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { environment, vaults: Vec::new() }
    }

    /// Learns the vaults of a document whose own scalars are settled.
    pub(crate) fn learn(&mut self, tree: &Tree) {
        let Some(list) = tree.member(tree.root(), "vaults") else {
            return;
        };
        let scalar = |mapping: NodeId, name: &str| tree.scalar(tree.member(mapping, name)?);
        let text = |mapping: NodeId, name: &str| Some(scalar(mapping, name)?.text.clone());
        for vault in tree.items(list) {
            let Some(prefix) = scalar(*vault, "prefix") else {
                continue;
            };
            let config = tree.member(*vault, "config");
            let base64 = config
                .and_then(|config| tree.scalar(tree.member(config, "base64_decode")?)?.boolean())
                .unwrap_or(false);
            let lookup = Lookup {
                prefix: config.and_then(|config| text(config, "prefix")).unwrap_or_default(),
                base64,
            };
            let supported = text(*vault, "name").as_deref() == Some("env");
            self.vaults.push(Vault {
                prefix: prefix.text.clone(),
                written: prefix.origin == Origin::File,
                environment: supported.then_some(lookup),
            });
        }
    }

    /// The scalar with values from the environment, or nothing where it has its own already.
    ///
    /// `reference`: the field is text, so a reference to a vault is looked up.
    pub(crate) fn settle(&self, scalar: &Scalar, reference: bool) -> Result<Option<Scalar>, Unresolved> {
        if scalar.origin != Origin::File {
            return Ok(None);
        }
        let expanded = if scalar.text.contains(OPEN) { Some(self.expand(&scalar.text)?) } else { None };
        let text = expanded.as_deref().unwrap_or(&scalar.text);
        if reference && text.contains("{vault://") {
            let found = self.dereference(text).map_err(|error| match expanded {
                // What such a reference names is a value itself.
                Some(_) => Unresolved::new("the reference, made from the environment, gives no value"),
                None => error,
            });
            return Ok(Some(Scalar::foreign(found?)));
        }
        Ok(expanded.map(Scalar::foreign))
    }

    fn variable(&self, name: &str) -> Result<String, Unresolved> {
        (self.environment)(name)
            .ok_or_else(|| Unresolved::new(format!("environment variable {} is not set", shorten(name))))
    }

    /// Replaces each `${{ … }}`, whose delimiters are masked.
    fn expand(&self, text: &str) -> Result<String, Unresolved> {
        let mut out = String::new();
        let mut rest = text;
        let start = ['$', OPEN, OPEN].iter().collect::<String>();
        let end = [CLOSE, CLOSE].iter().collect::<String>();
        while let Some((before, after)) = rest.split_once(&start) {
            let (inner, behind) = after.split_once(&end).unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(&self.expression(inner)?);
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// `env "DECK_NAME"`, then any of decK's filters.
    fn expression(&self, inner: &str) -> Result<String, Unresolved> {
        let unknown = || {
            Unresolved::new("is not an expression that decK knows")
                .hint("write ${{ env \"DECK_NAME\" }}, with toBool, toInt, toFloat or indent after '|'")
        };
        let mut stages = inner.split('|').map(str::trim);
        let call = stages.next().and_then(|stage| stage.strip_prefix("env"));
        let name = call
            .map(str::trim_start)
            .and_then(|quoted| quoted.strip_prefix([QUOTE, '"', '`']))
            .and_then(|quoted| quoted.strip_suffix([QUOTE, '"', '`']))
            // An escaped quotation mark leaves a space where its backslash stood.
            .map(str::trim)
            .ok_or_else(unknown)?;
        if !is_variable(name) {
            return Err(unknown());
        }
        if !name.starts_with("DECK_") {
            let message = format!("environment variable {} is not one of decK's", shorten(name));
            return Err(Unresolved::new(message).hint("its name must start with DECK_"));
        }
        let value = self.variable(name)?;
        for stage in stages {
            let scalar = Scalar::plain(value.trim());
            let fits = match stage {
                "toBool" => scalar.boolean().is_some(),
                "toInt" => scalar.integer().is_some(),
                "toFloat" => scalar.float().is_some(),
                // Indentation matters to decK, which writes the value into the raw text.
                other => other.strip_prefix("indent").is_some(),
            };
            if !fits && matches!(stage, "toBool" | "toInt" | "toFloat") {
                let message = format!("the value of environment variable {name} does not suit {stage}");
                return Err(Unresolved::new(message));
            }
            if !fits {
                return Err(unknown());
            }
        }
        Ok(value)
    }

    /// The value behind `{vault://PREFIX/RESOURCE[/KEY][?QUERY][#VERSION]}`.
    fn dereference(&self, text: &str) -> Result<String, Unresolved> {
        let whole = text
            .strip_prefix("{vault://")
            .and_then(|rest| rest.strip_suffix('}'))
            .filter(|inner| !inner.contains(['{', '}']));
        let Some(inner) = whole else {
            let error = Unresolved::new("a reference to a vault must be the whole value");
            return Err(error.hint("put the rest of the value into the variable as well"));
        };
        let (inner, version) = inner.split_once('#').unwrap_or((inner, ""));
        let (address, query) = inner.split_once('?').unwrap_or((inner, ""));
        let (prefix, rest) = address.split_once('/').unwrap_or((address, ""));
        let (resource, key) = rest.split_once('/').unwrap_or((rest, ""));
        let mut lookup = self.vault(prefix)?;
        let mut previous = version == "2";
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "prefix" => lookup.prefix = value.into(),
                "base64_decode" => lookup.base64 = value == "true",
                "version" => previous = value == "2",
                _ => {
                    let message = format!("'{}' is not a parameter of the vault env", shorten(name));
                    return Err(Unresolved::new(message).hint("known are prefix, base64_decode and version"));
                }
            }
        }
        let mut name = format!("{}{resource}", lookup.prefix).replace('-', "_").to_ascii_uppercase();
        if previous {
            name.push_str("_PREVIOUS");
        }
        if resource.is_empty() || !is_variable(&name) {
            let error = Unresolved::new("the reference names no environment variable");
            return Err(error.hint("write {vault://env/NAME}"));
        }
        let value = decode(&name, self.variable(&name)?, lookup.base64)?;
        let value = if key.is_empty() { value } else { pick(&name, &value, key)? };
        if value.is_empty() {
            return Err(Unresolved::new(format!("environment variable {name} is empty")));
        }
        Ok(value)
    }

    fn vault(&self, prefix: &str) -> Result<Lookup, Unresolved> {
        if let Some(vault) = self.vaults.iter().find(|vault| &*vault.prefix == prefix) {
            return vault.environment.clone().ok_or_else(|| {
                let message = format!("the backend of vault '{}' is not supported yet", shorten(prefix));
                Unresolved::new(message).hint("supported is env")
            });
        }
        if prefix == "env" {
            return Ok(Lookup {
                prefix: (self.environment)("KONG_VAULT_ENV_PREFIX").unwrap_or_default().into(),
                base64: (self.environment)("KONG_VAULT_ENV_DECODE_BASE64")
                    .is_some_and(|value| matches!(&*value, "on" | "true" | "1")),
            });
        }
        let written = self.vaults.iter().filter(|vault| vault.written);
        let mut known: Vec<&str> = written.map(|vault| &*vault.prefix).collect();
        known.push("env");
        let message = format!("there is no vault '{}'", shorten(prefix));
        Err(Unresolved::new(message).hint(format!("the vaults are {}", known.join(", "))))
    }
}

fn is_variable(name: &str) -> bool {
    name.len() <= 256
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn decode(name: &str, value: String, base64: bool) -> Result<String, Unresolved> {
    if !base64 {
        return Ok(value);
    }
    base64::engine::general_purpose::STANDARD
        .decode(value.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Unresolved::new(format!("environment variable {name} is not text in base64")))
}

/// A member of a flat JSON object.
fn pick(name: &str, value: &str, key: &str) -> Result<String, Unresolved> {
    let tree = Tree::read_json(value).ok().filter(|tree| tree.is_mapping(tree.root()));
    let Some(tree) = tree else {
        return Err(Unresolved::new(format!("environment variable {name} is not a JSON object")));
    };
    let member = tree.member(tree.root(), key).and_then(|id| tree.scalar(id));
    member.map(|scalar| scalar.text.to_string()).ok_or_else(|| {
        let message = format!("environment variable {name} has no text under '{}'", shorten(key));
        Unresolved::new(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "DECK_KEY" => "deck-value",
            "DECK_N" => "42",
            "MY_SECRET_VALUE" | "DECK_NAME" => "plain",
            "PG_CREDS" => r#"{"username":"u","n":5,"deep":{"a":1}}"#,
            "APP_TOKEN" => "prefixed",
            "ENCODED" => "aGVsbG8=",
            "ROTATED_PREVIOUS" => "old",
            "EMPTY" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn secrets(vaults: &str) -> Secrets<'static> {
        let mut secrets = Secrets::new(&environment);
        secrets.learn(&Tree::read(vaults, "t.yaml").unwrap());
        secrets
    }

    fn settled(vaults: &str, text: &str) -> Result<String, String> {
        let tree = Tree::read(&format!("a: {text}"), "t.yaml").unwrap();
        let scalar = tree.scalar(tree.member(tree.root(), "a").unwrap()).unwrap();
        match secrets(vaults).settle(scalar, true) {
            Ok(Some(scalar)) => {
                assert_eq!(scalar.origin, Origin::Environment);
                Ok(scalar.text.into())
            }
            Ok(None) => Ok(scalar.text.to_string()),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn references_to_the_environment() {
        let value = |text: &str| settled("{}", text).unwrap();
        assert_eq!(value("\"{vault://env/my-secret-value}\""), "plain");
        assert_eq!(value("\"{vault://env/pg-creds/username}\""), "u");
        assert_eq!(value("\"{vault://env/pg-creds/n}\""), "5");
        assert_eq!(value("\"{vault://env/token?prefix=app_}\""), "prefixed");
        assert_eq!(value("\"{vault://env/encoded?base64_decode=true}\""), "hello");
        assert_eq!(value("\"{vault://env/rotated#2}\""), "old");
        assert_eq!(value("no reference"), "no reference");
    }

    #[test]
    fn vault_entities() {
        let vaults = "vaults: [{name: env, prefix: mine, config: {prefix: APP_}}, \
                      {name: env, prefix: b64, config: {base64_decode: true}}, {name: hcv, prefix: hc}]";
        assert_eq!(settled(vaults, "\"{vault://mine/token}\"").unwrap(), "prefixed");
        assert_eq!(settled(vaults, "\"{vault://b64/encoded}\"").unwrap(), "hello");
        let error = settled(vaults, "\"{vault://hc/x}\"").unwrap_err();
        assert_eq!(error, "the backend of vault 'hc' is not supported yet");
        let error = settled(vaults, "\"{vault://none/x}\"").unwrap_err();
        assert_eq!(error, "there is no vault 'none'");
    }

    #[test]
    fn names_from_the_environment_are_not_shown() {
        let mut tree =
            Tree::read("vaults: [{name: env, prefix: x}, {name: env, prefix: mine}]", "t").unwrap();
        let list = tree.member(tree.root(), "vaults").unwrap();
        let first = *tree.items(list).first().unwrap();
        let prefix = tree.member(first, "prefix").unwrap();
        tree.replace_scalar(prefix, Scalar::foreign("plain"));
        let mut secrets = Secrets::new(&environment);
        secrets.learn(&tree);
        let hint = secrets.vault("none").err().unwrap().hint.unwrap();
        assert_eq!(hint, "the vaults are mine, env");
        assert_eq!(
            settled("{}", r#"'{vault://${{ env "DECK_NAME" }}/x}'"#).unwrap_err(),
            "the reference, made from the environment, gives no value"
        );
    }

    #[test]
    fn what_cannot_be_had_is_named_and_not_shown() {
        let error = |text: &str| settled("{}", text).unwrap_err();
        assert_eq!(error("\"{vault://env/not-there}\""), "environment variable NOT_THERE is not set");
        assert_eq!(error("\"{vault://env/empty}\""), "environment variable EMPTY is empty");
        assert_eq!(
            error("\"{vault://env/pg-creds/none}\""),
            "environment variable PG_CREDS has no text under 'none'"
        );
        assert_eq!(
            error("\"{vault://env/my-secret-value/a}\""),
            "environment variable MY_SECRET_VALUE is not a JSON object"
        );
        assert_eq!(
            error("\"{vault://env/my-secret-value?base64_decode=true}\""),
            "environment variable MY_SECRET_VALUE is not text in base64"
        );
        assert_eq!(
            error("\"Bearer {vault://env/my-secret-value}\""),
            "a reference to a vault must be the whole value"
        );
        assert_eq!(error("\"{vault://env/}\""), "the reference names no environment variable");
        assert_eq!(error("\"{vault://env/a b}\""), "the reference names no environment variable");
        assert_eq!(error("\"{vault://env/x?y=1}\""), "'y' is not a parameter of the vault env");
    }

    #[test]
    fn deck_expressions_anywhere_in_a_scalar() {
        let value = |text: &str| settled("{}", text).unwrap();
        assert_eq!(value("${{ env \"DECK_KEY\" }}"), "deck-value");
        assert_eq!(value("\"Bearer ${{ env \"DECK_KEY\" }}\""), "Bearer deck-value");
        assert_eq!(value("'Bearer ${{env \"DECK_KEY\"}}'"), "Bearer deck-value");
        assert_eq!(value("\"${{ env \\\"DECK_KEY\\\" }}\""), "deck-value");
        assert_eq!(value("a ${{ env \"DECK_KEY\" }} b ${{ env \"DECK_N\" | toInt }}"), "a deck-value b 42");
        assert_eq!(value("|\n  x ${{ env \"DECK_KEY\" | indent 2 }}\n"), "x deck-value\n");
    }

    #[test]
    fn deck_expressions_that_fail() {
        let error = |text: &str| settled("{}", text).unwrap_err();
        assert_eq!(error("${{ env \"DECK_NONE\" }}"), "environment variable DECK_NONE is not set");
        assert_eq!(error("${{ env \"HOME\" }}"), "environment variable HOME is not one of decK's");
        assert_eq!(error("${{ file \"DECK_X\" }}"), "is not an expression that decK knows");
        assert_eq!(error("${{ env \"DECK_KEY\" | nope }}"), "is not an expression that decK knows");
        assert_eq!(
            error("${{ env \"DECK_KEY\" | toInt }}"),
            "the value of environment variable DECK_KEY does not suit toInt"
        );
    }
}
