//! Token counts as Google tells them: running totals, in which a part that is missing is one that did not change.

use document::Value;
use model::Usage;

/// A count above this is no count of tokens.
const SANE: u64 = 1_000_000_000_000;

/// The counts of one answer so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    prompt: Option<u64>,
    tool_prompt: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    of_prompt: Option<Media>,
    of_cached: Option<Media>,
    of_candidates: Option<Media>,
}

impl Counts {
    /// Takes over what `usageMetadata` says; tells whether it counts anything new, and how the request is served: Vertex
    /// AI tells what kind of traffic it is.
    pub(super) fn update<'d>(&mut self, usage: Value<'d>) -> (bool, Option<Value<'d>>) {
        let before = *self;
        let [
            prompt,
            tool,
            cached,
            candidates,
            thoughts,
            of_prompt,
            of_cached,
            of_candidates,
            service,
            traffic,
        ] = usage.values([
            "promptTokenCount",
            "toolUsePromptTokenCount",
            "cachedContentTokenCount",
            "candidatesTokenCount",
            "thoughtsTokenCount",
            "promptTokensDetails",
            "cacheTokensDetails",
            "candidatesTokensDetails",
            "serviceTier",
            "trafficType",
        ]);
        let take = |place: &mut Option<u64>, told: Option<Value<'_>>| {
            *place = told.and_then(tokens).or(*place);
        };
        take(&mut self.prompt, prompt);
        take(&mut self.tool_prompt, tool);
        take(&mut self.cached, cached);
        take(&mut self.candidates, candidates);
        take(&mut self.thoughts, thoughts);
        let take_media = |place: &mut Option<Media>, told: Option<Value<'_>>| {
            *place = told.map(Media::read).or(*place);
        };
        take_media(&mut self.of_prompt, of_prompt);
        take_media(&mut self.of_cached, of_cached);
        take_media(&mut self.of_candidates, of_candidates);
        (*self != before, service.or(traffic))
    }

    /// None where nothing was told. The cached tokens, the audio and the pictures are inside of the prompt; what the
    /// provider's own tools added is beside it, and the thoughts are beside the candidates.
    pub(super) fn usage(&self) -> Option<Usage> {
        let told = [self.prompt, self.tool_prompt, self.candidates, self.thoughts];
        if told.iter().all(Option::is_none) {
            return None;
        }
        let count = Option::unwrap_or_default;
        let media = Option::<Media>::unwrap_or_default;
        let (told, cached, made) = (media(self.of_prompt), media(self.of_cached), media(self.of_candidates));
        let prompt = count(self.prompt);
        let cache_read = count(self.cached).min(prompt);
        let fresh = prompt - cache_read;
        let audio_input = told.audio.saturating_sub(cached.audio).min(fresh);
        let image_input = told.image.saturating_sub(cached.image).min(fresh - audio_input);
        let output = count(self.candidates);
        let audio_output = made.audio.min(output);
        let image_output = made.image.min(output - audio_output);
        Some(Usage {
            fresh_input: fresh - audio_input - image_input,
            cache_read,
            audio_input,
            image_input,
            tool_input: count(self.tool_prompt),
            output: output - audio_output - image_output,
            reasoning: count(self.thoughts),
            audio_output,
            image_output,
            ..Usage::default()
        })
    }
}

/// What of a count is no text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Media {
    audio: u64,
    /// Films as well.
    image: u64,
}

impl Media {
    /// Reads a list of counts by modality.
    fn read(list: Value<'_>) -> Self {
        let mut media = Self::default();
        for item in list.items() {
            let [modality, count] = item.values(["modality", "tokenCount"]);
            let count = count.and_then(tokens).unwrap_or(0);
            match modality.and_then(Value::as_str).as_deref() {
                Some("AUDIO") => media.audio += count,
                Some("IMAGE" | "VIDEO") => media.image += count,
                _ => {}
            }
        }
        media
    }
}

fn tokens(value: Value<'_>) -> Option<u64> {
    value.as_u64().filter(|&count| count <= SANE)
}

/// What kind of service was given, in Google's word.
pub(super) fn tier(usage: Value<'_>) -> Option<Box<str>> {
    let [service, traffic] = usage.values(["serviceTier", "trafficType"]);
    word(service.or(traffic)?)
}

/// A word that says something.
pub(super) fn word(value: Value<'_>) -> Option<Box<str>> {
    value.as_str().filter(|told| !told.is_empty()).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::Document;

    fn read(units: &[&str]) -> Option<Usage> {
        let mut counts = Counts::default();
        for unit in units {
            counts.update(Document::parse((*unit).to_owned().into_bytes().into()).unwrap().root());
        }
        counts.usage()
    }

    #[test]
    fn parts_do_not_overlap() {
        let usage = read(&[
            r#"{"promptTokenCount":10,"candidatesTokenCount":2,"thoughtsTokenCount":5,"toolUsePromptTokenCount":1,"cachedContentTokenCount":4,"totalTokenCount":18}"#,
        ])
        .unwrap();
        assert_eq!((usage.prompt_tokens(), usage.completion_tokens(), usage.total_tokens()), (11, 7, 18));
        assert_eq!((usage.cache_read, usage.reasoning, usage.output), (4, 5, 2));
        assert_eq!((usage.fresh_input, usage.tool_input), (6, 1));
    }

    #[test]
    fn pictures_and_films_are_told_apart() {
        let usage = read(&[
            r#"{"promptTokenCount":900,"cachedContentTokenCount":300,"promptTokensDetails":[{"modality":"TEXT","tokenCount":100},{"modality":"IMAGE","tokenCount":258},{"modality":"VIDEO","tokenCount":500},{"modality":"DOCUMENT","tokenCount":42}],"cacheTokensDetails":[{"modality":"VIDEO","tokenCount":300}],"candidatesTokenCount":1300,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290},{"modality":"NEW","tokenCount":3},{"tokenCount":1},7]}"#,
        ])
        .unwrap();
        assert_eq!((usage.cache_read, usage.image_input, usage.fresh_input), (300, 458, 142));
        assert_eq!((usage.output, usage.image_output, usage.total_tokens()), (10, 1290, 2200));
    }

    #[test]
    fn audio_is_told_apart() {
        let usage = read(&[
            r#"{"promptTokenCount":30,"cachedContentTokenCount":10,"promptTokensDetails":[{"modality":"TEXT","tokenCount":12},{"modality":"AUDIO","tokenCount":18}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":6}],"candidatesTokenCount":9,"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":7}]}"#,
        ])
        .unwrap();
        assert_eq!((usage.audio_input, usage.cache_read, usage.fresh_input), (12, 10, 8));
        assert_eq!((usage.audio_output, usage.output), (7, 2));
    }

    #[test]
    fn the_last_counts_count() {
        let usage = read(&[
            r#"{"promptTokenCount":169,"totalTokenCount":169}"#,
            r#"{"promptTokenCount":79,"candidatesTokenCount":12,"thoughtsTokenCount":3}"#,
            r#"{"trafficType":"ON_DEMAND"}"#,
        ])
        .unwrap();
        assert_eq!((usage.prompt_tokens(), usage.completion_tokens()), (79, 15));
        assert_eq!(read(&[r#"{"trafficType":"ON_DEMAND"}"#, "{}"]), None);
        assert_eq!(read(&[r#"{"promptTokenCount":3,"cachedContentTokenCount":9}"#]).unwrap().cache_read, 3);
    }
}
