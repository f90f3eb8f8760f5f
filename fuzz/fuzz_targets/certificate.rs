//! Any text as `Syntax::Certificate`: no panic, and every place lies inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prodready::format::Syntax;

#[path = "../reads.rs"]
mod reads;

fuzz_target!(|text: &str| reads::whole(Syntax::Certificate, text));
