//! Compares the parser with Python's own, and checks the places of errors.

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
        Kind::DType(dtype) => dtype.to_string(),
        Kind::Bytes(s) => format!("b'{}'", s.escape_ascii()),
        Kind::None => "None".into(),
        Kind::Ellipsis => "...".into(),
        Kind::Name(n) => n.clone(),
        Kind::Tuple(items) | Kind::List(items) => format!("(tuple{})", all(items)),
        Kind::Unary(op, a) => {
            let sign = match op {
                Unary::Plus => "u+",
                Unary::Minus => "u-",
                Unary::Invert => "u~",
            };
            format!("({sign} {})", dump(a))
        }
        Kind::Chain(first, links) => {
            links.iter().fold(dump(first), |left, l| format!("({} {left} {})", symbol(l.op), dump(&l.right)))
        }
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
        Kind::Subscript(object, items, _) => {
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
        // Python and Rust print these floats alike, for example 0.001; both print whole floats with a point.
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
        ("multiply('abcd', 2**62)", "multiply", "longer than any type holds"),
        ("multiply('abcd', 2**62 + 1)", "multiply", "longer than any type holds"),
        ("ljust('a', 2**40)", "ljust", "longer than any type holds"),
        ("1 +", "", "expected an operand"),
        ("(1 + 2", "(", "never closed"),
        ("1 $ 2", "$", "unexpected character '$'"),
        ("1 2", "2", "unexpected the number 2"),
        ("sum(1 2)", "2", "expected ')' or ','"),
        ("0x", "0x", "is not a number"),
        ("1__0", "1__0", "is not a number"),
        ("017", "017", "0o17"),
        ("3abc", "3abc", "is not a number"),
        ("'f4", "'f4", "never closed"),
        ("a[]", "[]", "expected an index"),
        ("f(x=1, 2)", "2", "without a name follows one with a name"),
        ("f(x=1, x=2)", "x", "given twice"),
        ("f(*a)", "*", "cannot be unpacked"),
        ("a = 3", "=", "to compare, use =="),
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
        ("2 ** 100000", "**", "too large"),
        ("1 << 10**30", "<<", "too large"),
        ("7.0 % 0", "%", "division by zero"),
        ("7 // False", "//", "division by zero"),
        ("0j ** -1", "**", "negative"),
        ("1j // 2", "//", "does not work on complex"),
        ("1j < 2", "<", "does not work on complex"),
        ("10.0 ** 400", "**", "too large for a float"),
        ("1.5 + 10**400", "+", "too large for a float"),
        ("~1.5", "~1.5", "~ needs an integer"),
        ("1 @ 2", "@", "use * for numbers"),
        ("1 << -1", "<<", "shift count is negative"),
        ("1.5 & 2", "&", "does not work on floats"),
        ("[1, 2] + 1", "[1, 2]", "expected an array, found a list"),
        ("(1, 2) + 1", "(1, 2)", "expected an array, found a tuple"),
        ("-[1, 2]", "[1, 2]", "expected an array, found a list"),
        ("sum([[1], [2, 3]])", "[2, 3]", "the same length"),
        ("()", "()", "has no value"),
        ("sum(3).nosuch", "nosuch", "no attribute 'nosuch'"),
        ("sum(3).mean", "mean", "call it"),
        ("sum(3).sqrt()", "sqrt", "call it as a function"),
        ("sum", "sum", "call it, as in sum(...)"),
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
        ("2 ** 200", Scalar::Large(2f64.powi(200))),
        ("-(10 ** 400)", Scalar::Large(f64::NEG_INFINITY)),
        ("2 ** 127 - 1", Scalar::Int(i128::MAX)),
        ("99999999999999999999999999999999999999999 // 10**39", Scalar::Int(99)),
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
        "1".to_owned() + &"**1".repeat(20_000),
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

/// Numbers as large as they can be written take neither memory nor the process.
#[test]
fn absurd_numbers_are_refused_not_crashed_on() {
    for text in [
        "split(broadcast_to(a[0], (10**12,)), 10**12)",
        "array_split(a, 2**62)",
        "unstack(broadcast_to(a[0], (10**12,)))",
        "lexsort(broadcast_to(a[0], (10**12,)))",
        "stack(broadcast_to(a[0], (10**12, 3)))",
        "histogram(a, 2**62)",
        "histogram(a, 10**15)",
        "histogram(a, 'sqrt', range=(0, 1e300))[0], histogram(a, 'fd', range=(0, 1e300))",
        "histogram_bin_edges(a, 2**40)",
        "histogramdd(t, [2**31 - 1, 2**31 - 1, 2**31 - 1, 2**31 - 1, 1, 1])",
        "bincount(array([2**62]))",
        "bincount(array([2**64 - 1], dtype='uint64'))",
        "arange(stop=0, dtype='S2147483647')",
        "pad(a, 2**62, mode='wrap')",
        "pad(a, 2**62, mode='reflect')",
        "pad(a, 2**62, mode='symmetric', reflect_type='odd')",
        "repeat(a, 2**62)",
        "repeat(a, [2**62, 2**62, 1])",
    ] {
        let context = Context::new(64 << 20, 2);
        let lowered = Formula::parse(text).and_then(|f| f.results(&bound(), Some(&context)).map(|_| ()));
        assert!(lowered.is_err(), "{text}");
    }
}

/// An argument that changes no element is checked all the same.
#[test]
fn idle_arguments_are_checked() {
    let lowered = |text: &str| Formula::parse(text).and_then(|f| f.lower(&bound()).map(|_| ()));
    for text in ["zeros(2, order=3)", "zeros_like(a, subok=[1])", "array(a, copy='x')", "eye(2, order='X')"] {
        assert!(lowered(text).is_err(), "{text}");
    }
    for text in ["zeros(2, order='f')", "ones_like(a, order='K', subok=True)", "array(a, copy=None)"] {
        assert!(lowered(text).is_ok(), "{text}");
    }
}

/// Variables: an array of three numbers, and a table.
fn bound() -> BTreeMap<String, Expr> {
    let a = Expr::from_ndarray(&ndarray::array![1.0, 2.0, 3.0]).unwrap();
    let t = Expr::from_ndarray(&ndarray::Array2::<f64>::zeros((4, 6))).unwrap();
    [("a".to_owned(), a), ("t".to_owned(), t)].into()
}

#[test]
fn thousands_of_operators_in_a_row() {
    let values = |text: &str| -> Vec<f64> {
        let results = Formula::parse(text).unwrap().lower(&bound()).unwrap();
        let value = crate::evaluate(&results[0]).unwrap();
        value.bytes().as_chunks::<8>().0.iter().map(|x| f64::from_le_bytes(*x)).collect()
    };
    let terms = "a+".repeat(20_000) + "a";
    assert_eq!(values(&format!("({terms}).reshape(1, 3) * 1")), [20_001.0, 40_002.0, 60_003.0]);
    assert_eq!(values(&("a".to_owned() + &"-a*1".repeat(4_000)))[0], -3_999.0);
    assert_eq!(values(&("sum((a".to_owned() + &"<=a".repeat(4_000) + ") * 1.0)")), [3.0]);
    let ones = "1".to_owned() + &"+1".repeat(30_000);
    let sum = Formula::parse(&ones).unwrap().lower(&BTreeMap::new()).unwrap();
    assert_eq!(sum[0].as_scalar(), Some(Scalar::Int(30_001)));
    assert!(Formula::parse(&("0".to_owned() + &"<1".repeat(30_000))).is_ok());

    let nested = |n: usize| "(".repeat(n) + "a" + &"+a)".repeat(n);
    assert_eq!(values(&nested(190))[0], 191.0);
    assert_eq!(values(&("-".repeat(190) + "a"))[0], 1.0);
    let error = Formula::parse(&nested(1000)).unwrap_err();
    assert!(error.message().contains("deeper than 200 levels"), "{error}");
}

#[test]
fn comments_and_line_breaks() {
    for (text, same) in [
        ("a +  # one\n a", "a + a"),
        ("sum(\n  t,\n  axis=0,  # rows\n)\n", "sum(t, axis=0)"),
        ("# a sum\na\\\n + 1 # + 2", "a + 1"),
        ("'a # b'", "'a # b'"),
        ("a\r\n[0]", "a[0]"),
    ] {
        let tree = |text: &str| dump(&parser::parse(text).unwrap());
        assert_eq!(tree(text), tree(same), "{text}");
    }
    assert!(Formula::parse("# nothing").is_err());
    let error = Formula::parse("a + # b\n  )").unwrap_err();
    assert_eq!(error.to_string(), "unexpected ')'\n    )\n    ^");
}

#[test]
fn wrong_subscripts_point_at_their_place() {
    for (text, meant, says) in [
        ("t[[4]]", "[4]", "index 4 is out of bounds for axis 0 with size 4"),
        ("t[:, [0, -7]]", "[0, -7]", "index -7 is out of bounds for axis 1 with size 6"),
        ("t[[0.5]]", "[0.5]", "a list of places holds integers"),
        ("t[[0, [1, 2]]]", "[1, 2]", "the same length"),
        ("t[[None]]", "None", "a number"),
        ("t[[0, 1], [0, 1, 2]]", "[0, 1], [0, 1, 2]", "shape mismatch"),
        ("t[[True, False]]", "[True, False]", "boolean index did not match"),
        ("t[[0], [0], [0]]", "[0], [0], [0]", "too many indices"),
        ("t[t]", "t", "astype(..., int64)"),
        ("t[[0, 2]:]", "[0, 2]", "expected an integer"),
        ("t[[1:2]]", ":", "unexpected ':'"),
        ("t[1.0]", "1.0", "an index is an integer"),
        ("t[1.0:]", "1.0", "expected an integer"),
        ("t[1j]", "1j", "an index is an integer"),
        ("t['x']", "'x'", "has no fields"),
        ("t[..., ...]", "..., ...", "single ellipsis"),
        ("t[(..., ...)]", "(..., ...)", "single ellipsis"),
        ("a.shape[[0]]", "[0]", "expected an integer"),
        ("a.shape[0,]", "a.shape", "a single integer"),
    ] {
        let error = Formula::parse(text).and_then(|f| f.lower(&bound()).map(|_| ())).unwrap_err();
        let shown = error.to_string();
        assert_eq!(text.get(error.span()), Some(meant), "{text}: {shown}");
        assert!(shown.contains(says), "{text}: {shown}");
    }
    for (text, shape) in [
        ("t[(0, 2)]", &[][..]),
        ("t[[0, 2]]", &[2, 6]),
        ("t[[]]", &[0, 6]),
        ("t[[-1, 0], 1]", &[2]),
        ("t[([0, 2])]", &[2, 6]),
        ("t[([0, 2],)]", &[2, 6]),
        ("t[[[0, 2]]]", &[1, 2, 6]),
        ("t[[0, 2]][1]", &[6]),
        ("t[..., [True, False, True, True, False, True]]", &[4, 4]),
        ("t[(0, 2),]", &[2, 6]),
        ("t[((0, 2),)]", &[2, 6]),
        ("t[0, ((1, 2))]", &[2]),
        ("t[True]", &[1, 4, 6]),
        ("t[0, False]", &[0, 6]),
        ("t[((0, 2))]", &[]),
        ("t[()]", &[4, 6]),
        ("t[(1,)]", &[6]),
        ("t[1,]", &[6]),
        ("t[(..., None)]", &[4, 6, 1]),
        ("t[a[:2].shape]", &[6]),
        ("t[True:3]", &[2, 6]),
    ] {
        let results = Formula::parse(text).unwrap().lower(&bound()).unwrap();
        assert_eq!(results[0].shape(), shape, "{text}");
    }
}

/// Every name in the tables and every name that an error suggests resolves.
#[test]
fn names_resolve() {
    let message = |text: &str| match Formula::parse(text).and_then(|f| f.lower(&bound()).map(|_| ())) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    };
    let resolves = |name: &str| {
        let said = [message(&format!("{name}()")), message(&format!("np.{name}()"))];
        assert!(said.iter().all(|s| !s.contains("unknown")), "{name}: {said:?}");
    };
    let names: Vec<&str> = functions::names().collect();
    assert!(names.len() > 120);
    for &name in &names {
        resolves(name);
        let typed = &name[..name.len() - 1];
        if let Some((_, rest)) = message(&format!("{typed}()")).split_once("did you mean '") {
            resolves(rest.split('\'').next().unwrap());
        }
    }
    for name in functions::methods() {
        let said = message(&format!("a.{name}()"));
        assert!(!said.contains("no method") && !said.contains("unknown"), "{name}: {said}");
    }
    let dtypes = crate::DType::ALL.map(|dtype| dtype.to_string());
    for name in lower::CONSTANTS.map(str::to_owned).into_iter().chain(dtypes) {
        for text in [name.clone(), format!("np.{name}")] {
            assert!(!message(&text).contains("unknown"), "{text}");
        }
    }
    // the expressions that help texts recommend
    for text in
        ["where(a > 0, a, 1)", "(a > 0) & (a < 1)", "logical_not(a)", "logical_xor(a, a)", "matmul(a, a)"]
    {
        assert_eq!(message(text), "", "{text}");
    }
}

#[test]
fn names_are_those_to_bind() {
    let formula =
        Formula::parse("np.sum(a.T[b:, None] * pi), c.mean(axis=d), sqrt(float32(1)), np.inf").unwrap();
    assert_eq!(formula.names(), ["a", "b", "c", "d"]);
    let variables = [("a".to_owned(), Expr::scalar(1)), ("b".to_owned(), Expr::scalar(2.5))].into();
    let results = Formula::parse("a + b, sqrt(float32(1))").unwrap().results(&variables, None).unwrap();
    let texts: Vec<&str> = results.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["a + b", "sqrt(float32(1))"]);
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
    for bad in [
        "", "1.5", "x", "0][0", "'a'", "1:2:3:4", "[0,2]", "[0]", "[]", "True", "(0, 2),", "1, [0]", "1.0:",
        "0]", "[0",
    ] {
        assert!(parse_subscript(bad).is_err(), "{bad}");
    }
}
