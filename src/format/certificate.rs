//! X.509 certificates in PEM text, so that a rule can ask whom a key beside one was made for.
//!
//! Every `CERTIFICATE` block of a text becomes an item of `certificates`, whatever stands around it and however far it
//! is indented (RFC 7468); what each says is RFC 5280's. Nothing is verified: no signature, no chain, no day. A block
//! that cannot be decoded is a fault and otherwise passed over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::time::Time;

use super::members::member;
use super::{Data, Document, Fault, FormatError, Limits, Node};
use crate::text::Span;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const DASHES: &str = "-----";
/// Longest block that is decoded, in bytes of text; a certificate has one to three thousand.
const LONGEST: usize = 64 << 10;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let whole = Span::new(0, text.len());
    let mut document = Document::new(Node::new(Data::Null, whole));
    let (mut items, mut nodes) = (Vec::new(), 2);
    for (span, body) in blocks(text) {
        match decode(body) {
            Ok(certificate) => {
                let item = describe(&certificate, span);
                nodes += size(&item);
                items.push(item);
            }
            Err(message) => document.faults.push(Fault { span, message }),
        }
        if nodes > limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", limits.nodes), span.start));
        }
    }
    document.root.data = Data::Object(vec![member("certificates", Node::new(Data::Array(items), whole))]);
    Ok(document)
}

/// The blocks of a text: their places with the lines that mark them, and what stands between those. One that another
/// line of dashes interrupts was never closed.
fn blocks(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(BEGIN)?;
            let from = start + BEGIN.len();
            let rest = text.get(from..)?;
            let length = rest.find(DASHES)?;
            let (body, mark) = rest.split_at(length);
            at = from + length;
            if mark.starts_with(END) {
                return Some((Span::new(start, at + END.len()), body));
            }
        }
    })
}

fn decode(body: &str) -> Result<Certificate, String> {
    if body.len() > LONGEST {
        return Err(format!("certificate of more than {LONGEST} bytes"));
    }
    let digits: String = body.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(digits).map_err(|_| "certificate that is not Base64".to_owned())?;
    Certificate::from_der(&bytes).map_err(|error| format!("certificate that cannot be decoded: {error}"))
}

fn describe(certificate: &Certificate, span: Span) -> Node {
    let said = certificate.tbs_certificate();
    let text = |text: String| Node::string(text, span);
    let truth = |truth| Node::new(Data::Bool(truth), span);
    let authority = said.get_extension::<BasicConstraints>().ok().flatten().is_some_and(|(_, basic)| basic.ca);
    let names = names(certificate).into_iter().map(text).collect();
    let mut members = vec![
        member("subject", text(said.subject().to_string())),
        member("issuer", text(said.issuer().to_string())),
        member("names", Node::new(Data::Array(names), span)),
        member("self-signed", truth(said.subject() == said.issuer())),
        member("authority", truth(authority)),
    ];
    let days = [("not-before", said.validity().not_before), ("not-after", said.validity().not_after)];
    let known = days.into_iter().filter_map(|(key, time)| Some(member(key, text(day(time)?))));
    members.extend(known);
    Node::new(Data::Object(members), span)
}

/// The hosts that it is for: its alternative names, or else its common name (RFC 9525 knows the former alone).
fn names(certificate: &Certificate) -> Vec<String> {
    let said = certificate.tbs_certificate();
    let alternative = said.get_extension::<SubjectAltName>().ok().flatten();
    let names: Vec<String> = alternative.iter().flat_map(|(_, names)| names.0.iter()).filter_map(host).collect();
    if names.is_empty() {
        said.subject().common_name().ok().flatten().into_iter().map(String::from).collect()
    } else {
        names
    }
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
        _ => None,
    }
}

/// Four bytes or sixteen.
fn address(bytes: &[u8]) -> Option<String> {
    let short = <[u8; 4]>::try_from(bytes).map(|octets| std::net::Ipv4Addr::from(octets).to_string());
    short.or_else(|_| <[u8; 16]>::try_from(bytes).map(|octets| std::net::Ipv6Addr::from(octets).to_string())).ok()
}

/// `2026-11-21`, in universal time.
fn day(time: Time) -> Option<String> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    let moment = jiff::Timestamp::from_second(seconds).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// How many nodes a certificate is: its members, and its names.
fn size(item: &Node) -> usize {
    1 + item.members().len() + item.get("names").map_or(0, |names| names.items().len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::members::check;
    use super::*;

    /// Made for this test: `CN=shop.local, O=Shop`, self-signed, for `shop.local`, `db` and 127.0.0.1, from 2026-01-02 to
    /// 2026-02-03.
    const SHOP: &str = concat!(
        "-----BEGIN CERTIFICATE-----\n",
        "MIIBajCCARGgAwIBAgIBBzAKBggqhkjOPQQDAjAkMRMwEQYDVQQDDApzaG9wLmxv\n",
        "Y2FsMQ0wCwYDVQQKDARTaG9wMB4XDTI2MDEwMjAwMDAwMFoXDTI2MDIwMzAwMDAw\n",
        "MFowJDETMBEGA1UEAwwKc2hvcC5sb2NhbDENMAsGA1UECgwEU2hvcDBZMBMGByqG\n",
        "SM49AgEGCCqGSM49AwEHA0IABLM2mTPrV+xLaUUOxUgw56KXwB0JLKdffLtsrEME\n",
        "PtlmuGAbFnqGuhI2xEQHb3wpJbs75POIhmp1eqxdx2ZD8k+jNDAyMA8GA1UdEwEB\n",
        "/wQFMAMBAf8wHwYDVR0RBBgwFoIKc2hvcC5sb2NhbIICZGKHBH8AAAEwCgYIKoZI\n",
        "zj0EAwIDRwAwRAIgK5UFWRqTROkTrmS+QTdn2PW25r5vd2HP4b+jEYc2qCsCICj2\n",
        "mwHCiV7Me0B/9tGw2+XT0j7yQfD6a+WpF56pFUc5\n",
        "-----END CERTIFICATE-----\n",
    );

    fn read(text: &str) -> Document {
        let document = parse(text, &Limits::default()).unwrap();
        check::spans(text, &document);
        document
    }

    #[test]
    fn says_for_whom_and_until_when() {
        let text = format!("Bag Attributes\n    friendlyName: shop\n{SHOP}\n# the end\n");
        let document = read(&text);
        let items = document.root.get("certificates").unwrap().items();
        assert_eq!(document.faults, []);
        assert_eq!(
            items.iter().map(Node::to_value).collect::<Vec<_>>(),
            [serde_json::json!({
                "subject": "O=Shop,CN=shop.local",
                "issuer": "O=Shop,CN=shop.local",
                "names": ["shop.local", "db", "127.0.0.1"],
                "self-signed": true,
                "authority": true,
                "not-before": "2026-01-02",
                "not-after": "2026-02-03",
            })]
        );
        assert!(check::at(&text, items[0].span).starts_with(BEGIN) && check::at(&text, items[0].span).ends_with(END));
    }

    #[test]
    fn indentation_and_line_ends_do_not_matter() {
        let indented = SHOP.replace('\n', "\r\n      ");
        let document = read(&format!("tls:\r\n  crt: |\r\n      {indented}"));
        assert_eq!(document.root.get("certificates").unwrap().items().len(), 1);
    }

    #[test]
    fn what_is_none_is_a_fault() {
        let garbage = format!("{BEGIN}\nbm9uZQ==\n{END}\n{BEGIN}\n*\n{END}\n{BEGIN}\n{SHOP}{BEGIN}\nAAAA");
        let document = read(&garbage);
        assert_eq!(document.root.get("certificates").unwrap().items().len(), 1);
        assert_eq!(document.faults.len(), 2, "{:?}", document.faults);
        assert_eq!(read("").root.get("certificates").unwrap().items().len(), 0);
    }

    #[test]
    fn many_are_too_many() {
        let limits = Limits { nodes: 20, ..Limits::default() };
        assert!(parse(SHOP, &limits).is_ok());
        assert!(parse(&SHOP.repeat(2), &limits).unwrap_err().message.contains("20 nodes"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just(BEGIN.to_owned()),
                    Just(END.to_owned()),
                    Just("MIIBajCC\n".to_owned()),
                    Just(SHOP.to_owned()),
                    "[A-Za-z0-9+/=\n\u{e9}-]{0,40}",
                ],
                0..12,
            ),
        ) {
            read(&pieces.concat());
        }
    }
}
