//! Elixir's `mix.exs` and Erlang's `rebar.config`.
//!
//! `mix.exs` is a program; what is read here is what nearly all of them are: literal lists in functions. A computed
//! requirement is unstated and said in `unread`. Commented entries never count.

mod mix;
mod rebar;
mod token;

pub use mix::mix_exs;
pub use rebar::rebar_config;

use super::package::Pin;

/// How firm a requirement is, in the words of Elixir's `Version`.
fn pin_of(requirement: &str) -> Pin {
    let requirement = requirement.trim();
    let exact = requirement.strip_prefix("==").unwrap_or(requirement).trim_start();
    if exact.starts_with(|character: char| character.is_ascii_digit()) && !exact.contains(" or ") {
        return Pin::Exact;
    }
    let has_upper = requirement.contains(['~', '<', '=']) && !is_lower_bound(requirement);
    if has_upper { Pin::Range } else { Pin::Floating }
}

/// Whether nothing but lower bounds is stated.
fn is_lower_bound(requirement: &str) -> bool {
    requirement.starts_with('>') && !requirement.contains(['<', '~']) && !requirement.contains(" ==")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_have_their_pins() {
        for (requirement, pin) in [
            ("~> 1.0", Pin::Range),
            ("1.2.3", Pin::Exact),
            ("== 1.2.3", Pin::Exact),
            (">= 0.0.0", Pin::Floating),
            (">= 1.0.0 and < 2.0.0", Pin::Range),
            ("~> 1.0 or ~> 2.0", Pin::Range),
            ("", Pin::Floating),
        ] {
            assert_eq!(pin_of(requirement), pin, "{requirement}");
        }
    }
}
