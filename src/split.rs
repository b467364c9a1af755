//! JSON objects and arrays cut into their parts, which stay text: of a type with hundreds of arguments, a module uses few.
//!
//! This reads the project's own data, of which tests read every part. What is no JSON gives nothing, or parts that nobody can read.

/// What is left of a text.
pub(crate) struct Reader<'a> {
    rest: &'a str,
}

/// The names and the values of an object.
pub(crate) type Members<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Reader<'a> {
    /// Starts to read an object.
    pub fn object(json: &'a str) -> Option<Self> {
        let mut reader = Reader { rest: json };
        reader.takes("{").then_some(reader)
    }

    /// The next key of the object around; no key at its end. Keys are taken as they stand, so they hold no escapes.
    pub fn key(&mut self) -> Option<Option<&'a str>> {
        self.takes(",");
        if self.takes("}") {
            return Some(None);
        }
        let key = text(self.value()?)?;
        self.takes(":").then_some(Some(key))
    }

    /// The next value.
    pub fn value(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_ascii_start();
        let (value, rest) = self.rest.split_at_checked(value_end(self.rest.as_bytes())?)?;
        self.rest = rest;
        Some(value)
    }

    /// The next value, which is an object.
    pub fn members(&mut self) -> Option<Members<'a>> {
        self.takes("{").then(|| self.rest_of_object())?
    }

    fn rest_of_object(&mut self) -> Option<Members<'a>> {
        let mut members = vec![];
        while let Some(key) = self.key()? {
            members.push((key, self.value()?));
        }
        Some(members)
    }

    fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_ascii_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// The names and the values of an object; nothing where the text is none.
pub(crate) fn object(json: &str) -> Option<Members<'_>> {
    Reader::object(json)?.rest_of_object()
}

/// The items of an array; nothing where the text is none.
pub(crate) fn array(json: &str) -> Option<Vec<&str>> {
    let mut reader = Reader { rest: json };
    let mut items = vec![];
    reader.takes("[").then_some(())?;
    while !reader.takes("]") {
        items.push(reader.value()?);
        reader.takes(",");
    }
    Some(items)
}

/// The text of a string that holds no escapes.
pub(crate) fn text(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// The length of the value at the head of a text.
fn value_end(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string_end(text, 0),
        b'{' | b'[' => nested_end(text),
        _ => text
            .iter()
            .position(|byte| b",}] \n".contains(byte))
            .filter(|end| *end > 0),
    }
}

/// The place behind a string that starts at a place.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// The length of the object or array at the head of a text.
fn nested_end(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests;
