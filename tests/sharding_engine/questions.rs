//! What the engine is asked: tables, rows in them, and how they are read back.

/// What one run of the engine is asked: statements, and what they must return.
#[derive(Default)]
pub struct Questions(pub Vec<(String, Option<String>)>);

impl Questions {
    /// A statement that returns nothing.
    pub fn tell(&mut self, statement: impl Into<String>) {
        self.ask(statement, "ok");
    }

    pub fn ask(&mut self, statement: impl Into<String>, answer: impl ToString) {
        self.0.push((statement.into(), Some(answer.to_string())));
    }

    /// A statement that must fail.
    pub fn refuse(&mut self, statement: impl Into<String>) {
        self.0.push((statement.into(), None));
    }
}

/// What makes the tables through the engine.
pub fn schema(questions: &mut Questions, key: &str, of: &str) {
    questions.tell("CREATE TABLE customers (id bigint PRIMARY KEY, name text)");
    questions.tell("CREATE TABLE countries (code text PRIMARY KEY)");
    questions.tell(format!(
        "CREATE TABLE orders (order_id bigint PRIMARY KEY, {key} {of} NOT NULL, amount int NOT NULL)"
    ));
    questions.tell(format!(
        "CREATE TABLE order_items (item_id bigint PRIMARY KEY, order_id bigint NOT NULL, {key} {of} NOT NULL)"
    ));
}

/// Two orders of each key, whose value is once bound and once in the text, with an item each; and rows of the other tables.
pub fn fill(questions: &mut Questions, key: &str, keys: &[String], quote: &str) {
    for (number, value) in keys.iter().enumerate() {
        let (first, second) = (number * 10, number * 10 + 1);
        questions.tell(format!(
            "INSERT INTO orders (order_id, {key}, amount) VALUES (?, ?, ?)\t{first}\t{value}\t{number}"
        ));
        questions.tell(format!(
            "INSERT INTO orders (order_id, {key}, amount) VALUES ({second}, {quote}{value}{quote}, {number})"
        ));
        questions.tell(format!(
            "INSERT INTO order_items (item_id, order_id, {key}) VALUES (?, ?, ?), (?, ?, ?)\t{first}\t{first}\t{value}\t{second}\t{second}\t{value}"
        ));
    }
    questions.tell("INSERT INTO countries VALUES ('DE'), ('KR')");
    questions.tell("INSERT INTO customers VALUES (1, 'a'), (2, 'b')");
}

/// Reads back what was filled in.
pub fn read(questions: &mut Questions, key: &str, keys: &[String], quote: &str) {
    let count = keys.len();
    for (number, value) in keys.iter().enumerate() {
        let orders = format!("{} {}", number * 10, number * 10 + 1);
        questions.ask(
            format!("SELECT order_id FROM orders WHERE {key} = ? ORDER BY order_id\t{value}"),
            &orders,
        );
        questions.ask(
            format!("SELECT order_id FROM orders WHERE {key} = {quote}{value}{quote} ORDER BY order_id"),
            orders,
        );
    }
    let joined = format!("orders o JOIN order_items i ON i.{key} = o.{key} AND i.order_id = o.order_id");
    questions.ask("SELECT count(*) FROM orders", count * 2);
    questions.ask("SELECT sum(amount) FROM orders", count * (count - 1));
    questions.ask(format!("SELECT count(*) FROM {joined}"), count * 2);
    questions.ask(
        format!("SELECT count(*) FROM {joined} WHERE o.{key} = ?\t{}", keys[0]),
        2,
    );
    questions.ask(
        "SELECT count(*) FROM orders o JOIN countries c ON c.code = 'DE'",
        count * 2,
    );
    questions.ask(
        "SELECT order_id FROM orders ORDER BY order_id DESC LIMIT 1",
        (count - 1) * 10 + 1,
    );
    questions.ask("SELECT count(*) FROM customers", 2);
}
