//! Token counts as Google tells them: running totals, in which a part that is missing is one that did not change.

use document::Value;
use model::Usage;

/// The counts of one answer so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    prompt: Option<u64>,
    tool_prompt: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    audio_prompt: Option<u64>,
    audio_cached: Option<u64>,
    audio_candidates: Option<u64>,
}

impl Counts {
    /// Takes over what `usageMetadata` says; tells whether it says anything new.
    pub(super) fn update(&mut self, usage: Value<'_>) -> bool {
        let before = *self;
        let [prompt, tool, cached, candidates, thoughts, of_prompt, of_cache, of_candidates] =
            usage.values([
                "promptTokenCount",
                "toolUsePromptTokenCount",
                "cachedContentTokenCount",
                "candidatesTokenCount",
                "thoughtsTokenCount",
                "promptTokensDetails",
                "cacheTokensDetails",
                "candidatesTokensDetails",
            ]);
        let take = |place: &mut Option<u64>, told: Option<Value<'_>>| {
            *place = told.and_then(Value::as_u64).or(*place);
        };
        take(&mut self.prompt, prompt);
        take(&mut self.tool_prompt, tool);
        take(&mut self.cached, cached);
        take(&mut self.candidates, candidates);
        take(&mut self.thoughts, thoughts);
        let take_audio = |place: &mut Option<u64>, told: Option<Value<'_>>| {
            *place = told.and_then(audio).or(*place);
        };
        take_audio(&mut self.audio_prompt, of_prompt);
        take_audio(&mut self.audio_cached, of_cache);
        take_audio(&mut self.audio_candidates, of_candidates);
        *self != before
    }

    /// None where nothing was told. The cached tokens and the audio are inside of the prompt, the thoughts are
    /// outside of the candidates.
    pub(super) fn usage(&self) -> Option<Usage> {
        let told = [self.prompt, self.tool_prompt, self.candidates, self.thoughts];
        if told.iter().all(Option::is_none) {
            return None;
        }
        let count = Option::unwrap_or_default;
        let prompt = count(self.prompt).saturating_add(count(self.tool_prompt));
        let cache_read = count(self.cached).min(prompt);
        let audio_input =
            count(self.audio_prompt).saturating_sub(count(self.audio_cached)).min(prompt - cache_read);
        let output = count(self.candidates);
        let audio_output = count(self.audio_candidates).min(output);
        Some(Usage {
            fresh_input: prompt - cache_read - audio_input,
            cache_read,
            audio_input,
            output: output - audio_output,
            reasoning: count(self.thoughts),
            audio_output,
            ..Usage::default()
        })
    }
}

/// The audio in a list of counts by modality.
fn audio(details: Value<'_>) -> Option<u64> {
    let of_audio = |item: Value<'_>| {
        let [modality, count] = item.values(["modality", "tokenCount"]);
        modality.and_then(Value::as_str).is_some_and(|kind| kind == "AUDIO").then_some(count?.as_u64())
    };
    details.items().find_map(of_audio)?
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
