//! Inputs made of others, as a fuzzer makes them, but the same at every run.

use std::path::Path;

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Changes of one input, one on top of the other.
const CHANGES: std::ops::RangeInclusive<usize> = 1..=4;

pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    random: ChaCha8Rng,
}

impl Mutator {
    /// Of a dictionary of libFuzzer those words are taken that hold no escapes.
    pub fn new(seeds: Vec<Vec<u8>>, dictionary: &Path) -> Self {
        let text = std::fs::read_to_string(dictionary).expect("a dictionary");
        let quoted = |line: &str| line.strip_prefix('"')?.strip_suffix('"').map(|word| word.as_bytes().to_vec());
        let words: Vec<_> = text.lines().filter(|line| !line.contains('\\')).filter_map(quoted).collect();
        assert!(!words.is_empty(), "{} has no words", dictionary.display());
        Self { seeds, words, random: ChaCha8Rng::seed_from_u64(1) }
    }

    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.seeds.choose(&mut self.random).expect("seeds").clone();
        for _ in 0..self.random.random_range(CHANGES) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        match self.random.random_range(0..8) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = self.random.random();
                }
            }
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.random.random_range(0..8);
                }
            }
            2 => drop(input.drain(self.stretch(at, input.len()))),
            3 => {
                let copy = input[self.stretch(at, input.len())].to_vec();
                input.splice(at..at, copy);
            }
            4 => {
                let word = self.words.choose(&mut self.random).expect("words").clone();
                input.splice(at..at, word);
            }
            5 => self.digit(input),
            6 => self.swap_lines(input),
            _ => {
                let other = self.seeds.choose(&mut self.random).expect("seeds");
                let from = self.random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }

    fn stretch(&mut self, from: usize, len: usize) -> std::ops::Range<usize> {
        from..(from + self.random.random_range(0..64)).min(len)
    }

    /// Another digit in the place of one: ids, times and counts.
    fn digit(&mut self, input: &mut [u8]) {
        let mut digits: Vec<&mut u8> = input.iter_mut().filter(|byte| byte.is_ascii_digit()).collect();
        if !digits.is_empty() {
            let place = self.random.random_range(0..digits.len());
            *digits[place] = self.random.random_range(b'0'..=b'9');
        }
    }

    fn swap_lines(&mut self, input: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let (one, other) = (self.random.random_range(0..lines.len()), self.random.random_range(0..lines.len()));
        lines.swap(one, other);
        *input = lines.join(&b'\n');
    }
}
