//! Classes of characters, by the rules of Python's `str` and `bytes`.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Unit;
use crate::op::Op;

/// Digits that are no decimal numbers, such as those above a line: the characters of Unicode's `Numeric_Type=Digit`.
#[rustfmt::skip]
const DIGITS: &[(char, char)] = &[
    ('\u{B2}', '\u{B3}'), ('\u{B9}', '\u{B9}'), ('\u{1369}', '\u{1371}'), ('\u{19DA}', '\u{19DA}'),
    ('\u{2070}', '\u{2070}'), ('\u{2074}', '\u{2079}'), ('\u{2080}', '\u{2089}'), ('\u{2460}', '\u{2468}'),
    ('\u{2474}', '\u{247C}'), ('\u{2488}', '\u{2490}'), ('\u{24EA}', '\u{24EA}'), ('\u{24F5}', '\u{24FD}'),
    ('\u{24FF}', '\u{24FF}'), ('\u{2776}', '\u{277E}'), ('\u{2780}', '\u{2788}'), ('\u{278A}', '\u{2792}'),
    ('\u{10A40}', '\u{10A43}'), ('\u{10E60}', '\u{10E68}'), ('\u{11052}', '\u{1105A}'), ('\u{1F100}', '\u{1F10A}'),
];

/// Letters that stand for numbers, in ascending order: Unicode's `Numeric_Type=Numeric` beside the category of numbers.
#[rustfmt::skip]
const NUMERALS: &[char] = &[
    '\u{3405}', '\u{3483}', '\u{382A}', '\u{3B4D}', '\u{4E00}', '\u{4E03}', '\u{4E07}', '\u{4E09}', '\u{4E5D}',
    '\u{4E8C}', '\u{4E94}', '\u{4E96}', '\u{4EBF}', '\u{4EC0}', '\u{4EDF}', '\u{4EE8}', '\u{4F0D}', '\u{4F70}',
    '\u{5104}', '\u{5146}', '\u{5169}', '\u{516B}', '\u{516D}', '\u{5341}', '\u{5343}', '\u{5344}', '\u{5345}',
    '\u{534C}', '\u{53C1}', '\u{53C2}', '\u{53C3}', '\u{53C4}', '\u{56DB}', '\u{58F1}', '\u{58F9}', '\u{5E7A}',
    '\u{5EFE}', '\u{5EFF}', '\u{5F0C}', '\u{5F0D}', '\u{5F0E}', '\u{5F10}', '\u{62FE}', '\u{634C}', '\u{67D2}',
    '\u{6F06}', '\u{7396}', '\u{767E}', '\u{8086}', '\u{842C}', '\u{8CAE}', '\u{8CB3}', '\u{8D30}', '\u{9621}',
    '\u{9646}', '\u{964C}', '\u{9678}', '\u{96F6}', '\u{F96B}', '\u{F973}', '\u{F978}', '\u{F9B2}', '\u{F9D1}',
    '\u{F9D3}', '\u{F9FD}', '\u{20001}', '\u{20064}', '\u{200E2}', '\u{20121}', '\u{2092A}', '\u{20983}', '\u{2098C}',
    '\u{2099C}', '\u{20AEA}', '\u{20AFD}', '\u{20B19}', '\u{22390}', '\u{22998}', '\u{23B1B}', '\u{2626D}',
    '\u{2F890}',
];

fn is_alpha(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_decimal(c: char) -> bool {
    c.general_category() == GeneralCategory::DecimalNumber
}

fn is_digit(c: char) -> bool {
    is_decimal(c) || DIGITS.iter().any(|&(first, last)| (first..=last).contains(&c))
}

fn is_numeric(c: char) -> bool {
    c.is_numeric() || NUMERALS.binary_search(&c).is_ok()
}

fn is_title(c: char) -> bool {
    c.general_category() == GeneralCategory::TitlecaseLetter
}

/// Whether a text belongs to the class that an operation asks for; `None` for other operations. A text without
/// characters belongs to none. Bytes have the classes of ASCII.
pub(super) fn holds<U: Unit>(op: Op) -> Option<fn(&[U]) -> bool> {
    Some(match op {
        Op::Isalnum => |text| all(text, |c| is_alpha(c) || is_numeric(c)),
        Op::Isalpha => |text| all(text, is_alpha),
        Op::Isdecimal => |text| all(text, is_decimal),
        Op::Isdigit => |text| all(text, is_digit),
        Op::Isnumeric => |text| all(text, is_numeric),
        Op::Isspace => |text| !text.is_empty() && text.iter().all(|unit| unit.is_space()),
        Op::Islower => |text| of_one_case(text, char::is_lowercase, char::is_uppercase),
        Op::Isupper => |text| of_one_case(text, char::is_uppercase, char::is_lowercase),
        Op::Istitle => is_titled,
        _ => return None,
    })
}

/// The characters of a text. A byte that is not ASCII stands for a character of no class.
fn chars<U: Unit>(text: &[U]) -> impl Iterator<Item = char> {
    text.iter().map(|unit| match unit.char() {
        c if U::SIZE == 1 && !c.is_ascii() => '\u{80}',
        c => c,
    })
}

fn all<U: Unit>(text: &[U], holds: fn(char) -> bool) -> bool {
    !text.is_empty() && chars(text).all(holds)
}

/// Whether a text has letters of one case, and none of the other.
fn of_one_case<U: Unit>(text: &[U], one: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    chars(text).any(one) && !chars(text).any(|c| other(c) || is_title(c))
}

/// Whether each word begins with a large letter and goes on with small ones.
fn is_titled<U: Unit>(text: &[U]) -> bool {
    let (mut within, mut any) = (false, false);
    for c in chars(text) {
        let (starts, goes_on) = (c.is_uppercase() || is_title(c), c.is_lowercase());
        if (starts && within) || (goes_on && !within) {
            return false;
        }
        within = starts || goes_on;
        any |= within;
    }
    any
}
