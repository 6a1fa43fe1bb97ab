//! The parser against Python's own, and the place that errors point at.

use super::ast::{Binary, Item, Kind, Node, Unary};
use super::*;

const TABLE: &str = include_str!("../../testdata/expressions.txt");

fn symbol(op: Binary) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::FloorDiv => "//",
        Binary::Mod => "%",
        Binary::Pow => "**",
        Binary::MatMul => "@",
        Binary::Shl => "<<",
        Binary::Shr => ">>",
        Binary::And => "&",
        Binary::Or => "|",
        Binary::Xor => "^",
        Binary::Lt => "<",
        Binary::Le => "<=",
        Binary::Gt => ">",
        Binary::Ge => ">=",
        Binary::Eq => "==",
        Binary::Ne => "!=",
    }
}

fn dump(node: &Node) -> String {
    let all = |nodes: &[Node]| nodes.iter().map(|n| format!(" {}", dump(n))).collect::<String>();
    let part = |n: &Option<Node>| n.as_ref().map_or("_".to_owned(), dump);
    let item = |item: &Item| match item {
        Item::Value(n) => format!(" {}", dump(n)),
        Item::Slice { start, stop, step, .. } => {
            format!(" (slice {} {} {})", part(start), part(stop), part(step))
        }
    };
    match &node.kind {
        Kind::Bool(true) => "True".into(),
        Kind::Bool(false) => "False".into(),
        Kind::Int(n) => n.to_string(),
        Kind::Float(x) => format!("{x:?}"),
        Kind::Imaginary(x) => format!("{x:?}j"),
        Kind::Str(s) => format!("'{s}'"),
        Kind::None => "None".into(),
        Kind::Ellipsis => "...".into(),
        Kind::Name(n) => n.clone(),
        Kind::Tuple(items) => format!("(tuple{})", all(items)),
        Kind::Unary(op, a) => {
            let sign = match op {
                Unary::Plus => "u+",
                Unary::Minus => "u-",
                Unary::Invert => "u~",
            };
            format!("({sign} {})", dump(a))
        }
        Kind::Binary(op, _, a, b) => format!("({} {} {})", symbol(*op), dump(a), dump(b)),
        Kind::Compare(first, links) => {
            let links: String =
                links.iter().map(|l| format!(" {} {}", symbol(l.op), dump(&l.right))).collect();
            format!("(compare {}{links})", dump(first))
        }
        Kind::Truth(word) => (*word).into(),
        Kind::Call(f, arguments) => {
            let one = |a: &super::ast::Argument| match &a.name {
                Some((name, _)) => format!(" {name}={}", dump(&a.value)),
                None => format!(" {}", dump(&a.value)),
            };
            format!("(call {}{})", dump(f), arguments.iter().map(one).collect::<String>())
        }
        Kind::Attribute(object, name, _) => format!("(. {} {name})", dump(object)),
        Kind::Subscript(object, items) => {
            format!("(index {}{})", dump(object), items.iter().map(item).collect::<String>())
        }
    }
}

#[test]
fn groups_as_python_does() {
    let lines: Vec<&str> = TABLE.lines().collect();
    assert!(lines.len() >= 600);
    for pair in lines.chunks_exact(2) {
        let found = parser::parse(pair[0]).map(|n| dump(&n)).unwrap_or_else(|e| e.message);
        // Python writes 0.001 where Rust writes 0.001 too; both write whole floats with a point.
        assert_eq!(found, pair[1], "for {}", pair[0]);
    }
}

/// The text under the carets, and the message.
fn error(text: &str) -> (String, String) {
    let error = Formula::parse(text).and_then(|f| f.lower(&BTreeMap::new()).map(|_| ())).unwrap_err();
    (text.get(error.span()).unwrap_or("").to_owned(), error.to_string())
}

#[test]
fn errors_point_at_their_place() {
    for (text, meant, says) in [
        ("1 +", "", "ends where an operand is needed"),
        ("(1 + 2", "(", "never closed"),
        ("1 $ 2", "$", "unexpected character '$'"),
        ("1 2", "2", "unexpected the number 2"),
        ("sum(1 2)", "2", "expected ')' or ','"),
        ("0x", "0x", "is not a number"),
        ("1__0", "1__0", "is not a number"),
        ("017", "017", "0o17"),
        ("3abc", "3abc", "is not a number"),
        ("'f4", "'f4", "closing"),
        ("a[]", "[]", "needs an index"),
        ("f(x=1, 2)", "2", "by position after one by name"),
        ("f(x=1, x=2)", "x", "given twice"),
        ("f(*a)", "*", "unpacking"),
        ("a = 3", "=", "equality is =="),
        ("1 if 2 else 3", "if", "where(condition, x, y)"),
        ("[1 for x in 3]", "for", "unexpected 'for'"),
        ("a.3", ".3", "unexpected the number"),
        ("not True", "not", "use ~a"),
        ("1 < 2 and 3 < 4", "and", "use a & b"),
        ("nosuch + 1", "nosuch", "unknown name 'nosuch'"),
        ("flaot32", "flaot32", "did you mean 'float32'?"),
        ("sun(3)", "sun", "did you mean 'sum'?"),
        ("np.nosuch(3)", "nosuch", "unknown function 'nosuch'"),
        ("sum(3, axs=0)", "axs", "sum has no argument 'axs'"),
        ("sum()", "sum", "needs the argument 'a'"),
        ("sum(3, 0, 'f4', True)", "True", "at most 3 argument(s) by position"),
        ("astype(3, 'nosuch')", "'nosuch'", "unknown dtype 'nosuch'"),
        ("astype(3, 4)", "4", "expected a dtype, found a number"),
        ("1 / 0", "/", "division by zero"),
        ("2 ** 1000", "**", "too large"),
        ("1 << -1", "<<", "negative shift"),
        ("1.5 & 2", "&", "does not work on floats"),
        ("[1, 2] + 1", "[1, 2]", "expected an array, found a tuple"),
        ("()", "()", "no result"),
        ("sum(3).nosuch", "nosuch", "no attribute 'nosuch'"),
        ("sum(3).mean", "mean", "call it"),
        ("sum(3).sqrt()", "sqrt", "write it as a function"),
        ("sum", "sum", "call it, as in sum(...)"),
        (
            "99999999999999999999999999999999999999999",
            "99999999999999999999999999999999999999999",
            "too large",
        ),
    ] {
        let (found, message) = error(text);
        assert_eq!(found, meant, "{text}: {message}");
        assert!(message.contains(says), "{text}: {message}");
        assert!(message.contains("\n  ") && message.contains('^'), "{text}: {message}");
    }
}

#[test]
fn python_computes_with_its_own_numbers() {
    for (text, expected) in [
        ("2 + 3 * 4", Scalar::Int(14)),
        ("-7 // 2", Scalar::Int(-4)),
        ("7 // -2", Scalar::Int(-4)),
        ("-7 % 3", Scalar::Int(2)),
        ("7 % -3", Scalar::Int(-2)),
        ("1 / 4", Scalar::Float(0.25)),
        ("2 ** -1", Scalar::Float(0.5)),
        ("-2 ** 2", Scalar::Int(-4)),
        ("2 ** 3 ** 2", Scalar::Int(512)),
        ("-7.5 // 2", Scalar::Float(-4.0)),
        ("-7.5 % 2", Scalar::Float(0.5)),
        ("True + True", Scalar::Int(2)),
        ("True & False", Scalar::Bool(false)),
        ("~5", Scalar::Int(-6)),
        ("1 << 70 >> 69", Scalar::Int(2)),
        ("1 < 2 < 3", Scalar::Bool(true)),
        ("1 < 2 > 3", Scalar::Bool(false)),
        ("1j * 1j", Scalar::Complex(num_complex::Complex64::new(-1.0, 0.0))),
        ("2 * pi", Scalar::Float(2.0 * std::f64::consts::PI)),
        ("np.pi / 2", Scalar::Float(std::f64::consts::FRAC_PI_2)),
    ] {
        let results = Formula::parse(text).unwrap().lower(&BTreeMap::new()).unwrap();
        assert_eq!(results.iter().map(Expr::as_scalar).collect::<Vec<_>>(), [Some(expected)], "{text}");
    }
}

#[test]
fn hostile_texts_are_refused_not_crashed_on() {
    for text in [
        "(".repeat(60_000),
        "[".repeat(60_000),
        "-".repeat(60_000) + "1",
        "not ".repeat(15_000) + "1",
        "1".to_owned() + &"+1".repeat(30_000),
        "1".to_owned() + &"**1".repeat(20_000),
        "1".to_owned() + &"<1".repeat(30_000),
        "a".to_owned() + &"[0]".repeat(20_000),
        "a".to_owned() + &".T".repeat(30_000),
        "a".to_owned() + &"(0)".repeat(20_000),
        "f(".repeat(30_000),
        "a[".repeat(30_000),
        " ".repeat(MAX_BYTES + 1),
    ] {
        assert!(Formula::parse(&text).is_err(), "{:.20}", text);
    }
    assert!(Formula::parse("é + \u{202e}'").is_err());
    assert_eq!(Formula::parse("日本 + 1").unwrap().names(), ["日本"]);
}

#[test]
fn names_are_those_to_bind() {
    let formula =
        Formula::parse("np.sum(a.T[b:, None] * pi), c.mean(axis=d), sqrt(float32(1)), np.inf").unwrap();
    assert_eq!(formula.names(), ["a", "b", "c", "d"]);
    assert_eq!(formula.parts()[1..3], ["c.mean(axis=d)", "sqrt(float32(1))"]);
}

#[test]
fn subscripts_alone() {
    let slice = |start, stop, step| Index::Slice { start, stop, step };
    let parts = parse_subscript("10:20, ::2, -1, ..., None").unwrap();
    let expected = [
        slice(Some(10), Some(20), None),
        slice(None, None, Some(2)),
        Index::At(-1),
        Index::Ellipsis,
        Index::NewAxis,
    ];
    assert_eq!(parts, expected);
    for bad in ["", "1.5", "x", "0][0", "'a'", "1:2:3:4"] {
        assert!(parse_subscript(bad).is_err(), "{bad}");
    }
}
