//! Logs as programs, containers and CI systems write them: what is in them is found, with the time of its line,
//! and masked.

use super::common::{folder, password, stanch};

/// Lines with `«` for the secret, and when they were written.
const LINES: &[(&str, Option<&str>)] = &[
    (r#"{"time":"2026-01-02T03:04:05Z","password":"«","ok":1}"#, Some("2026-01-02T03:04:05Z")),
    (r#"{"password":"«","ts":1767323045.25}"#, Some("1767323045.25")),
    (r#"{"msg":"{\"password\":\"«\",\"n\":1}","time":"2026-01-02T03:04:05Z"}"#, Some("2026-01-02T03:04:05Z")),
    (r#"{"log":"{\"msg\":\"{\\\"password\\\":\\\"«\\\"}\"}"}"#, None),
    ("time=2026-01-02T03:04:05Z level=info db_password=« msg=x", Some("2026-01-02T03:04:05Z")),
    (
        "203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"GET /v1?access_token=«&page=2 HTTP/1.1\" 200 5",
        Some("02/Jan/2026:03:04:05 +0000"),
    ),
    ("2026-01-02 03:04:05,678 DEBUG > Authorization: Bearer «", Some("2026-01-02 03:04:05,678")),
    ("Set-Cookie: session_token=«; Path=/; HttpOnly", None),
    (
        "2026-01-02 03:04:05.678 ERROR jdbc:postgresql://db/app?user=app&password=«\n\tat com.example.Main.run(Main.java:42)",
        Some("2026-01-02 03:04:05.678"),
    ),
    ("java.io.IOException: postgres://app:«@db.internal:5432/app refused", None),
    ("+ export DB_PASSWORD=«", None),
    ("+ mysql -u root -p« shop", None),
    ("++ curl -u 'admin:«' https://api.acme.dev/", None),
    ("declare -x DB_PASSWORD=\"«\"", None),
    ("DB_PASSWORD=«", None),
    ("            \"DB_PASSWORD=«\",", None),
    ("2026-01-02T03:04:05.6789012Z ##[debug]DB_PASSWORD=«", Some("2026-01-02T03:04:05.6789012Z")),
    (
        "build\tUNKNOWN STEP\t2026-01-02T03:04:05.6789012Z export DB_PASSWORD=«",
        Some("2026-01-02T03:04:05.6789012Z"),
    ),
    ("2026-01-02T03:04:05.678901Z 01O DB_PASSWORD=«", Some("2026-01-02T03:04:05.678901Z")),
    ("section_start:1767323045:step\r\x1b[0KDB_PASSWORD=«", None),
    ("[2026-01-02T03:04:05.678Z] + DB_PASSWORD=« ./deploy.sh", Some("2026-01-02T03:04:05.678Z")),
    ("\x1b[33mDB_PASSWORD\x1b[0m=\x1b[1m«\x1b[0m", None),
    ("2026-01-02 03:04:05,678 - INFO - {'password': '«', 'user': 'a'}", Some("2026-01-02 03:04:05,678")),
    ("DEBUG app: Config { user: \"a\", password: \"«\" }", None),
    ("Parameters: {\"user\"=>{\"name\"=>\"a\", \"password\"=>\"«\"}}", None),
    (
        r#"{"log":"DB_PASSWORD=«\n","stream":"stdout","time":"2026-01-02T03:04:05.678901234Z"}"#,
        Some("2026-01-02T03:04:05.678901234Z"),
    ),
    ("2026-01-02T03:04:05.678901234Z stdout F DB_PASSWORD=«", Some("2026-01-02T03:04:05.678901234Z")),
    ("[pod/web-1/main] 2026-01-02T03:04:05Z DB_PASSWORD=«", Some("2026-01-02T03:04:05Z")),
    ("Jan  2 03:04:05 host app[7]: DB_PASSWORD=«", Some("Jan  2 03:04:05")),
    ("I0102 03:04:05.678901       1 main.go:7] DB_PASSWORD=«", Some("I0102 03:04:05.678901")),
    ("[   12.345678] init: DB_PASSWORD=«", Some("12.345678")),
    (
        r#"{"__REALTIME_TIMESTAMP":"1767323045123456","MESSAGE":"DB_PASSWORD=«","_PID":"7"}"#,
        Some("1767323045123456"),
    ),
    (
        "203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"GET /in?to=https%3A%2F%2Fx.acme.dev%2F%3Ftoken%3D«%26page%3D2 HTTP/1.1\" 302 5",
        Some("02/Jan/2026:03:04:05 +0000"),
    ),
    ("#0 /srv/www/db.php(12): PDO->__construct('mysql:host=db', 'app', '«')", None),
    ("<wsse:Password Type=\"urn:x#PasswordText\">«</wsse:Password>", None),
    ("+ echo « | docker login -u ci --password-stdin registry.acme.dev", None),
    ("+ redis-cli -h cache.acme.dev -a « ping", None),
    ("2026-01-02T03:04:05.6789012Z ::add-mask::«", Some("2026-01-02T03:04:05.6789012Z")),
    ("##vso[task.setvariable variable=deployPassword;issecret=true]«", None),
    ("$ curl --header \"PRIVATE-TOKEN: «\" https://gitlab.acme.dev/api/v4/projects", None),
    ("##teamcity[setParameter name='env.DB_PASSWORD' value='«']", None),
];

#[test]
fn every_form_of_log_is_read() {
    let folder = folder();
    let mut text = "started\n".to_owned();
    let mut expected = Vec::new();
    for (index, (line, time)) in LINES.iter().enumerate() {
        let at = text.len() + line.find('«').expect("each line has a secret");
        expected.push((text.lines().count() as u64 + 1, at as u64, time.map(str::to_owned)));
        text += &line.replace('«', &password(index as u64 + 1));
        text.push('\n');
    }
    let ended = stanch(folder.path()).args(["scan", "-", "--format", "jsonl"]).stdin(&*text).run().status(1);
    let found: Vec<_> = ended
        .findings()
        .iter()
        .map(|finding| {
            let number = |name: &str| finding[name].as_u64().expect("a number");
            let time = finding["logged_at"].as_str().map(str::to_owned);
            (number("start_line"), number("byte_offset"), time)
        })
        .collect();
    assert_eq!(found, expected);

    let mut ended = stanch(folder.path()).args(["redact"]).stdin(&*text).run().status(0);
    for index in 0..LINES.len() {
        ended = ended.hides(&password(index as u64 + 1));
    }
    assert_eq!(ended.stdout.lines().count(), text.lines().count());
}

#[test]
fn sessions_and_basic_authorization_are_found() {
    let folder = folder();
    let session = password(1) + &password(2);
    let basic = data_encoding::BASE64.encode(format!("joe:{}", password(3)).as_bytes());
    for (head, secret, tail) in [
        ("2026-01-02 03:04:05,678 DEBUG > Cookie: theme=dark; PHPSESSID=", &session, "; lang=en"),
        ("2026-01-02 03:04:05,678 DEBUG < Set-Cookie: connect.sid=s%3A", &session, "; Path=/; HttpOnly"),
        ("2026-01-02 03:04:05,678 DEBUG > Authorization: Basic ", &basic, ""),
        ("2026-01-02 03:04:05,678 {\"headers\":{\"authorization\":\"Basic ", &basic, "\"}}"),
        ("2026-01-02 03:04:05,678 http.c:1 => Send header: Proxy-Authorization: Basic ", &basic, ""),
    ] {
        let text = format!("started\n{head}{secret}{tail}\n");
        let ended =
            stanch(folder.path()).args(["scan", "-", "--format", "jsonl"]).stdin(&*text).run().status(1);
        let found = ended.findings();
        assert_eq!(found.len(), 1, "{text}");
        let masks = found[0]["end_column"].as_u64().expect("a number");
        assert_eq!(
            (&found[0]["start_line"], masks),
            (&2.into(), (head.len() + secret.len() + 1) as u64),
            "{text}"
        );
        assert_eq!(found[0]["logged_at"], "2026-01-02 03:04:05,678", "{text}");
        stanch(folder.path()).args(["redact"]).stdin(&*text).run().status(0).hides(secret);
    }
}

#[test]
fn a_colour_in_the_midst_of_a_secret_hides_nothing() {
    let folder = folder();
    let secret = password(7);
    let (head, tail) = secret.split_at(9);
    let scan = |text: String| {
        let ended =
            stanch(folder.path()).args(["scan", "-", "--format", "jsonl"]).stdin(text).run().status(1);
        ended.findings()[0]["fingerprint"].clone()
    };
    let plain = scan(format!("password={secret}\n"));
    assert_eq!(scan(format!("\x1b[1mpassword\x1b[0m=\x1b[31m{head}\x1b[32m{tail}\x1b[0m\n")), plain);
}

/// The title of a window and the target of a link are the text of a code; of a value that is nothing but
/// codes nothing would be left without them.
#[test]
fn a_value_of_nothing_but_codes_is_their_text() {
    let folder = folder();
    let scan = |text: String| {
        let ended =
            stanch(folder.path()).args(["scan", "-", "--format", "jsonl"]).stdin(text).run().status(1);
        ended.findings().iter().map(|it| it["fingerprint"].clone()).collect::<Vec<_>>()
    };
    let [one, other] = [password(8), password(9)];
    let both = scan(format!("privatekey:\"\x1b]{one}\x07\"\nprivatekey:\"\x1b]{other}\x07\"\n"));
    assert_eq!(both, scan(format!("privatekey:\"{one}\"\nprivatekey:\"{other}\"\n")));
}
