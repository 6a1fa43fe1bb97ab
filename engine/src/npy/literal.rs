//! Python's literals, as far as headers of `.npy` files and descriptions of types use them.

/// Lists, tuples and dictionaries within one another, at most.
const DEPTH: usize = 40;

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Str(String),
    Int(u64),
    Bool(bool),
    List(Vec<Literal>),
    Tuple(Vec<Literal>),
    Dict(Vec<(String, Literal)>),
}

impl Literal {
    /// Reads a text that is one literal, with white space around it.
    ///
    /// # Errors
    /// When it is not one.
    pub(super) fn parse(text: &str) -> Result<Literal, String> {
        let mut rest = Rest(text);
        let literal = rest.literal(0)?;
        rest.0 = rest.0.trim_start();
        match rest.0.chars().next() {
            None => Ok(literal),
            Some(c) => Err(format!("expected its end, found {c:?}")),
        }
    }

    pub(super) fn str(&self) -> Option<&str> {
        match self {
            Literal::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self) -> Option<u64> {
        match self {
            Literal::Int(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn bool(&self) -> Option<bool> {
        match self {
            Literal::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The items of a list or a tuple.
    pub(super) fn items(&self) -> Option<&[Literal]> {
        match self {
            Literal::List(items) | Literal::Tuple(items) => Some(items),
            _ => None,
        }
    }
}

/// The unread rest of a text.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn accept(&mut self, sign: char) -> bool {
        self.0 = self.0.trim_start();
        let Some(rest) = self.0.strip_prefix(sign) else { return false };
        self.0 = rest;
        true
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.accept(sign) {
            return Ok(());
        }
        let found = self.0.chars().next().map_or("its end".into(), |c| format!("{c:?}"));
        Err(format!("expected {sign:?}, found {found}"))
    }

    fn literal(&mut self, depth: usize) -> Result<Literal, String> {
        if depth > DEPTH {
            return Err(format!("its lists are more than {DEPTH} deep"));
        }
        if self.accept('{') {
            let mut items = Vec::new();
            self.items('}', |rest| {
                let key = rest.string()?;
                rest.expect(':')?;
                items.push((key, rest.literal(depth + 1)?));
                Ok(())
            })?;
            return Ok(Literal::Dict(items));
        }
        for (open, close) in [('[', ']'), ('(', ')')] {
            if !self.accept(open) {
                continue;
            }
            let mut items = Vec::new();
            let commas = self.items(close, |rest| {
                items.push(rest.literal(depth + 1)?);
                Ok(())
            })?;
            return Ok(match (open, commas, items.len()) {
                ('[', ..) => Literal::List(items),
                // brackets around one value make no tuple of it
                (_, 0, 1) => items.swap_remove(0),
                _ => Literal::Tuple(items),
            });
        }
        if self.0.starts_with(['\'', '"']) || self.0.starts_with("u'") || self.0.starts_with("U'") {
            return self.string().map(Literal::Str);
        }
        self.word()
    }

    /// Reads items up to `close`, and gives the number of commas.
    fn items(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Rest<'a>) -> Result<(), String>,
    ) -> Result<usize, String> {
        let mut commas = 0;
        while !self.accept(close) {
            item(self)?;
            if !self.accept(',') {
                self.expect(close)?;
                break;
            }
            commas += 1;
        }
        Ok(commas)
    }

    fn word(&mut self) -> Result<Literal, String> {
        let end = self.0.find(|c: char| !c.is_alphanumeric()).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        if word.is_empty() {
            let found = rest.chars().next().map_or("its end".into(), |c| format!("{c:?}"));
            return Err(format!("expected a value, found {found}"));
        }
        self.0 = rest;
        // Python 2 wrote long integers with the suffix L.
        match word {
            "True" => Ok(Literal::Bool(true)),
            "False" => Ok(Literal::Bool(false)),
            _ => match word.strip_suffix('L').unwrap_or(word).parse() {
                Ok(n) => Ok(Literal::Int(n)),
                Err(_) => Err(format!("expected True, False or a number, found '{word:.40}'")),
            },
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.0 = self.0.trim_start();
        // Python 2 wrote Unicode strings with the prefix u.
        self.0 = self.0.strip_prefix(['u', 'U']).unwrap_or(self.0);
        let quote = if self.0.starts_with('"') { '"' } else { '\'' };
        self.expect(quote)?;
        let mut text = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next() {
                None => return Err("a text has no end".to_owned()),
                Some(c) if c == quote => break,
                Some('\\') => text.push(escape(&mut chars)?),
                Some(c) => text.push(c),
            }
        }
        self.0 = chars.as_str();
        Ok(text)
    }
}

/// The character of an escape, after its backslash.
fn escape(chars: &mut std::str::Chars<'_>) -> Result<char, String> {
    let kind = chars.next();
    let mut hex = |digits: usize| {
        let code: String = chars.by_ref().take(digits).collect();
        let whole = code.len() == digits;
        let found = u32::from_str_radix(&code, 16).ok().filter(|_| whole).and_then(char::from_u32);
        found.ok_or_else(|| format!("a text has the unknown escape '{code}'"))
    };
    match kind {
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(c @ ('\\' | '\'' | '"')) => Ok(c),
        Some(c) => Err(format!("a text has the unknown escape '\\{c}'")),
        None => Err("a text has no end".to_owned()),
    }
}
