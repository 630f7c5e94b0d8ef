//! The names that a model goes by: what may be left out of one to find its price, and nothing else may.
//!
//! Only what says where or when is left out: a region, the path of a resource, a date, a version of the same model.
//! A name that merely begins like another is another model.

/// Longest name that is looked for, bytes.
const LONGEST: usize = 256;

/// Regions in front of Bedrock's models, made from
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>.
const REGIONS: [&str; 8] = ["apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"];

/// What `look` finds under the name as it is, else under it with less and less of what may be left out.
pub(super) fn find<T>(model: &str, mut look: impl FnMut(&str) -> Option<T>) -> Option<T> {
    if model.is_empty() || model.len() > LONGEST {
        return None;
    }
    let whole = model.to_ascii_lowercase();
    let bare = without_path(&whole)?;
    let elsewhere = bare.split_once('.').filter(|(region, _)| REGIONS.contains(region)).map(|(_, rest)| rest);
    let exact = look(&whole);
    exact.or_else(|| [Some(bare), elsewhere].into_iter().flatten().find_map(|name| shorten(name, &mut look)))
}

fn shorten<T>(name: &str, look: &mut impl FnMut(&str) -> Option<T>) -> Option<T> {
    let mut left = Some(name);
    while let Some(name) = left {
        if let Some(found) = look(name) {
            return Some(found);
        }
        left = without_version(name);
    }
    None
}

/// The last part of a resource's name, where that is a model's. None where it is a name that somebody gave.
fn without_path(name: &str) -> Option<&str> {
    if name.starts_with("arn:") {
        let (kind, id) = name.split_once('/')?;
        let kind = kind.rsplit(':').next().unwrap_or_default();
        return matches!(kind, "foundation-model" | "inference-profile").then_some(id);
    }
    if let Some(tuned) = name.strip_prefix("ft:") {
        // A tuned model has its base's name, and never its base's price.
        let base = tuned.split(':').next().unwrap_or_default();
        return name.get(..3 + base.len());
    }
    let models = name.strip_prefix("models/").or_else(|| name.rsplit_once("/models/").map(|(_, id)| id));
    Some(models.unwrap_or(name))
}

/// The name without its last part, where that says which state of the same model it is.
fn without_version(name: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `@20250929`, `@default` of Vertex AI; `:0`, `:200k` of Bedrock.
    let set_off =
        name.rsplit_once('@').filter(|(_, last)| is_number(last) || matches!(*last, "default" | "latest"));
    let set_off = set_off.or_else(|| {
        name.rsplit_once(':').filter(|(_, last)| is_number(last.strip_suffix('k').unwrap_or(last)))
    });
    if let Some((rest, _)) = set_off {
        return Some(rest);
    }
    let (rest, last) = name.rsplit_once('-')?;
    if last == "latest"
        || last.strip_prefix('v').is_some_and(is_number)
        || (last.len() == 3 && is_number(last) && last.starts_with("00"))
    {
        return Some(rest);
    }
    without_date(rest, last)
}

/// `-20250929` or `-2025-09-29`. Four digits are no date: they tell models of different prices apart.
fn without_date<'n>(rest: &'n str, last: &str) -> Option<&'n str> {
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
    let (rest, year, month, day) = match last.len() {
        8 => (rest, last.get(..4)?, last.get(4..6)?, last.get(6..)?),
        2 => {
            let (rest, month) = rest.rsplit_once('-')?;
            let (rest, year) = rest.rsplit_once('-')?;
            (rest, year, month, last)
        }
        _ => return None,
    };
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    ((2020..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the known names is found.
    fn found<'k>(known: &[&'k str], model: &str) -> Option<&'k str> {
        find(model, |name| known.iter().find(|known| **known == name).copied())
    }

    #[test]
    fn what_says_where_or_when_is_left_out() {
        for (model, expected) in [
            ("gpt-4o", "gpt-4o"),
            ("GPT-4o", "gpt-4o"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("gpt-4o-latest", "gpt-4o"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5@default", "claude-sonnet-4-5"),
            ("models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("accounts/fireworks/models/gpt-4o", "gpt-4o"),
            ("gemini-2.5-pro-002", "gemini-2.5-pro"),
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5"),
            ("anthropic.claude-sonnet-4-5-20250929-v1:0:200k", "anthropic.claude-sonnet-4-5"),
            ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5"),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
                "anthropic.claude-sonnet-4-5",
            ),
            (
                "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-embed-text-v2:0",
                "amazon.titan-embed-text-v2",
            ),
            ("ft:gpt-4o-2024-08-06:acme::abc123", "ft:gpt-4o"),
        ] {
            let known = [
                "gpt-4",
                "gpt-4o",
                "ft:gpt-4o",
                "claude-sonnet-4-5",
                "gemini-2.5-pro",
                "anthropic.claude-sonnet-4-5",
                "us.anthropic.claude-sonnet-4-5",
                "amazon.titan-embed-text-v1",
                "amazon.titan-embed-text-v2",
            ];
            assert_eq!(found(&known, model), Some(expected), "{model}");
        }
    }

    #[test]
    fn another_model_is_not_found() {
        for model in [
            "gpt-4o",
            "gpt-4-turbo",
            "gpt-4-0613",
            "gpt-4-32k",
            "gpt-4-1106-preview",
            "gpt-4-20241301",
            "gpt-4-2024-13-01",
            "gpt-4-99990101",
            "gpt",
            "gpt-",
            "",
            "xgpt-4",
            "my/gpt-4",
            "gpt-4:free",
            "gpt-4@mine",
            "us.gpt-4o",
            "de.gpt-4",
            "tunedmodels/gpt-4",
            "ft:gpt-4:acme::abc123",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/gpt-4",
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/gpt-4",
            "arn:gpt-4",
        ] {
            assert_eq!(found(&["gpt-4"], model), None, "{model}");
        }
        assert_eq!(found(&["gpt-4"], &format!("models/{}gpt-4", "a/models/".repeat(40))), None);
    }

    #[test]
    fn the_exact_name_goes_first() {
        let known = ["gpt-4o", "gpt-4o-2024-05-13", "a/models/b", "b"];
        assert_eq!(found(&known, "gpt-4o-2024-05-13"), Some("gpt-4o-2024-05-13"));
        assert_eq!(found(&known, "a/models/b"), Some("a/models/b"));
    }
}
