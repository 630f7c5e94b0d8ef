//! A text cut where its citations begin and end, since Claude's are of a block as a whole.

use model::TextPart;

use super::write::citation;

/// One block.
pub(super) type Stretch<'p> = (&'p str, Vec<Vec<u8>>);

/// A text that begins at the character `start` of all text, cut; each citation is with the stretch that its span ends
/// with. Those that do not say what they are for are with the last one.
pub(super) fn stretches(part: &TextPart, start: u64) -> Vec<Stretch<'_>> {
    let length = part.text.chars().count() as u64;
    let within = |character: u64| character.saturating_sub(start).min(length);
    let mut cuts = vec![length];
    let mut cited = Vec::new();
    for (citation, span) in part.citations.iter().filter_map(|one| Some((citation(one)?, one.span))) {
        let span = span.map(|(from, to)| (within(from), within(to))).filter(|(from, to)| from < to);
        cuts.extend(span.into_iter().flat_map(|(from, to)| [from, to]));
        cited.push((span.map_or(length, |(_, to)| to), citation));
    }
    cuts.sort_unstable();
    cuts.dedup();
    // Stable, so that those of one stretch keep their order.
    cited.sort_by_key(|(end, _)| *end);
    let mut cited = cited.into_iter().peekable();
    let (mut rest, mut at) = (part.text.as_str(), 0);
    let mut found = Vec::new();
    for cut in cuts.into_iter().filter(|cut| *cut > 0) {
        let characters = usize::try_from(cut - at).unwrap_or(usize::MAX);
        let end = rest.char_indices().nth(characters).map_or(rest.len(), |(byte, _)| byte);
        let (text, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let mut citations = Vec::new();
        while let Some((_, citation)) = cited.next_if(|(end, _)| *end <= cut) {
            citations.push(citation);
        }
        found.push((text, citations));
        (rest, at) = (behind, cut);
    }
    found
}

#[cfg(test)]
mod tests {
    use model::Citation;

    use super::*;

    fn cut(text: &str, start: u64, spans: &[Option<(u64, u64)>]) -> Vec<(String, Vec<String>)> {
        let citation = |(at, span): (usize, &Option<(u64, u64)>)| Citation {
            url: Some(format!("https://{at}").into()),
            title: None,
            span: *span,
            raw: None,
        };
        let citations = spans.iter().enumerate().map(citation).collect();
        let part = TextPart { citations, ..TextPart::new(text) };
        let told = |raw: &Vec<u8>| {
            let value: serde_json::Value = serde_json::from_slice(raw).unwrap();
            value["url"].as_str().unwrap().trim_start_matches("https://").to_owned()
        };
        let found = stretches(&part, start);
        assert_eq!(found.iter().map(|(text, _)| *text).collect::<String>(), text);
        found.iter().map(|(text, cited)| ((*text).to_owned(), cited.iter().map(told).collect())).collect()
    }

    fn expected(list: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        list.iter().map(|(text, cited)| ((*text).to_owned(), owned(cited))).collect()
    }

    #[test]
    fn citations_are_of_their_stretch() {
        for (start, spans, stretches) in [
            (0, &[][..], &[("Zürich ist groß", &[][..])][..]),
            (0, &[None], &[("Zürich ist groß", &["0"])]),
            (0, &[Some((0, 15))], &[("Zürich ist groß", &["0"])]),
            (0, &[Some((0, 6)), Some((11, 15))], &[("Zürich", &["0"]), (" ist ", &[]), ("groß", &["1"])]),
            (
                0,
                &[Some((11, 15)), None, Some((0, 6))],
                &[("Zürich", &["2"]), (" ist ", &[]), ("groß", &["0", "1"])],
            ),
            (0, &[Some((0, 6)), Some((3, 6))], &[("Zür", &[]), ("ich", &["0", "1"]), (" ist groß", &[])]),
            (100, &[Some((100, 106)), Some((3, 6))], &[("Zürich", &["0"]), (" ist groß", &["1"])]),
            (0, &[Some((11, 999))], &[("Zürich ist ", &[]), ("groß", &["0"])]),
            (0, &[Some((u64::MAX, 1))], &[("Zürich ist groß", &["0"])]),
        ] {
            assert_eq!(cut("Zürich ist groß", start, spans), expected(stretches), "{spans:?}");
        }
        assert!(cut("", 0, &[None]).is_empty());
    }
}
