//! Each row against the readers of its format: what the row says about a made-up answer is what they read of it,
//! whole and streamed, translated and relayed.

mod any;
mod probes;
mod recordings;

use model::{ChatEvent, ChatResponse, Fold, Grammar, Operation, Usage};
use serde_json::json;
use stream::{Progress, StreamReader, Unit};

use self::probes::{PROBES, Probe};
use super::*;
use crate::{ChatAnswer, ChatCall, Delivery, Envelope, Family, Reading, trial};

/// What every made-up answer says, as far as its format can.
const INPUT: u64 = 100;
const CACHE_READ: u64 = 40;
const CACHE_WRITTEN: u64 = 10;
const OUTPUT: u64 = 50;
const REASONING: u64 = 20;
const AUDIO_IN: u64 = 5;
const IMAGE_IN: u64 = 6;
const AUDIO_OUT: u64 = 7;
const IMAGE_OUT: u64 = 8;
const ACCEPTED: u64 = 1;
const REJECTED: u64 = 2;

/// What of `told` is one of the parts, and what of it must be taken out of the sum that contains it.
fn part(counted: Counted, told: u64) -> (u64, u64) {
    match counted {
        Counted::Inside => (told, told),
        Counted::Beside => (told, 0),
        Counted::Untold => (0, 0),
    }
}

/// The parts that an answer has by its row.
fn expected(row: &Counting) -> Option<Usage> {
    if row.in_stream == InStream::Untold {
        return None;
    }
    let (cache_read, read_inside) = part(row.cache_read, CACHE_READ);
    let (cache_write, written_inside) = part(row.cache_write, CACHE_WRITTEN);
    let (reasoning, reasoning_inside) = part(row.reasoning, REASONING);
    let media = |told| part(row.media, told);
    let ((audio_input, audio_inside), (image_input, image_inside)) = (media(AUDIO_IN), media(IMAGE_IN));
    let ((audio_output, sound_inside), (image_output, pictures_inside)) =
        (media(AUDIO_OUT), media(IMAGE_OUT));
    Some(Usage {
        fresh_input: INPUT - read_inside - written_inside - audio_inside - image_inside,
        cache_read,
        cache_write,
        audio_input,
        image_input,
        output: OUTPUT - reasoning_inside - sound_inside - pictures_inside,
        reasoning,
        audio_output,
        image_output,
        accepted_prediction: part(row.predicted, ACCEPTED).0,
        rejected_prediction: part(row.predicted, REJECTED).0,
        ..Usage::default()
    })
}

impl Probe {
    fn answer(&self) -> Box<dyn ChatAnswer> {
        let request = if self.completions {
            trial::completion(&json!({"model": "m", "prompt": "p"}))
        } else {
            trial::chat(&json!({"model": "m", "messages": [{"role": "user", "content": "u"}]}))
        };
        let call = ChatCall {
            model: "m",
            family: &Family::UNKNOWN,
            quirks: self.quirks,
            settings: &model::Settings::default(),
            delivery: Delivery::Stream,
            want_usage: true,
            nonce: "n0nce",
        };
        self.codec.encode(&request, &call).unwrap().answer
    }

    fn streamed(&self) -> ChatResponse {
        let mut decoder = self.answer().decoder();
        let (mut events, mut ended) = (Vec::new(), false);
        for (name, data) in self.units {
            let unit = Unit {
                name: Some(*name).filter(|name| !name.is_empty()),
                exception: false,
                data: data.as_bytes(),
            };
            let progress = decoder.unit(unit, &mut events);
            ended = progress.unwrap_or_else(|error| panic!("{}: {error}: {data}", self.row.format))
                == Progress::End;
        }
        if !ended {
            decoder.end(&mut events);
        }
        folded(events)
    }

    fn reading<'a>(&self) -> Reading<'a> {
        Reading { operation: Operation::Chat, quirks: self.quirks, nonce: "n0nce", named: None }
    }

    fn relayed(&self, envelope: &dyn Envelope) -> Box<dyn StreamReader> {
        let mut reader = envelope.stream(&self.reading());
        for (name, data) in self.units {
            let name = Some(name.as_bytes()).filter(|name| !name.is_empty());
            reader.frame(name, data.as_bytes());
        }
        reader
    }
}

fn folded(events: Vec<ChatEvent>) -> ChatResponse {
    let (mut grammar, mut fold) = (Grammar::default(), Fold::default());
    for event in events {
        grammar.accept(&event).unwrap_or_else(|error| panic!("{error}: {event:?}"));
        fold.add(event);
    }
    fold.finish(|text| text.starts_with('{')).unwrap()
}

#[test]
fn every_row_is_what_its_readers_do() {
    for probe in &PROBES {
        let format = probe.row.format;
        assert_eq!(probe.codec.counting(probe.quirks), probe.row, "{format}");
        let expected = expected(probe.row);
        let whole = probe.answer().whole(&|_| None, probe.whole.as_bytes()).unwrap();
        let streamed = probe.streamed();
        assert_eq!((whole.usage, streamed.usage), (expected, expected), "{format}");
        let tier = probe.row.tier.map(|_| "T");
        assert_eq!(whole.told().service_tier.as_deref(), tier, "{format}");
        assert_eq!(streamed.told().service_tier.as_deref(), tier, "{format}");
    }
}

#[test]
fn a_relay_reads_the_same() {
    let mut relayed = 0;
    for probe in &PROBES {
        let Some(envelope) = probe.envelope else { continue };
        let format = probe.row.format;
        let whole = envelope.whole(&probe.reading(), probe.whole.as_bytes()).unwrap();
        let reader = probe.relayed(envelope);
        assert_eq!((whole.usage, reader.usage()), (expected(probe.row), expected(probe.row)), "{format}");
        assert_eq!(whole.told.service_tier, reader.told().service_tier, "{format}");
        assert_eq!(whole.told.service_tier.as_deref(), probe.row.tier.map(|_| "T"), "{format}");
        relayed += 1;
    }
    assert_eq!(relayed, 3);
}

#[test]
fn every_row_has_its_probe() {
    for row in COUNTINGS {
        assert!(PROBES.iter().any(|probe| probe.row == row), "{}", row.format);
    }
    let formats: std::collections::HashSet<_> = COUNTINGS.iter().map(|row| row.format).collect();
    assert_eq!(formats.len(), COUNTINGS.len());
}

#[test]
fn what_comes_more_than_once_is_what_the_row_says() {
    for probe in &PROBES {
        let tells = |data: &&str| ["okens", "okenCount", "eval_count"].iter().any(|name| data.contains(name));
        let counts: Vec<&str> = probe.units.iter().map(|(_, data)| *data).filter(tells).collect();
        let times = match probe.row.in_stream {
            InStream::Running | InStream::BothEnds => 2,
            InStream::Last => 1,
            InStream::Untold => 0,
        };
        // A probe that tells its counts once would not show that they are not added up.
        assert!(counts.len() >= times, "{}: {counts:?}", probe.row.format);
    }
}
