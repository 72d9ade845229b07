//! A value is found however the file's language writes it down: a table of forms, each with invented values.
//!
//! This tests the plumbing, and is no evidence of accuracy. For each kind of form there is one that looks like it and
//! holds no secret: a placeholder, a reference, prose.

use crate::common::{folder, stanch, write};
use crate::sample::base62;

/// The paths of files and their texts; `«»` stands for the secret.
const FORMS: &[(&str, &str)] = &[
    // Quotes and what stands in their place.
    ("app.yml", "password: '«»''«»'\n"),
    ("app.yml", "password: &main «»\n"),
    ("app.yml", "password: !!str «»\n"),
    ("app.yml", "password: &main \"«»\"\n"),
    ("main.tf", "  password = <<EOT\n«»\nEOT\n"),
    ("main.tf", "  password = <<-EOF\n    «»\n  EOF\n"),
    ("run.ps1", "$password = @'\n«»\n'@\n"),
    ("run.ps1", "$password = @\"\n«»\n\"@\n"),
    ("main.cpp", "const char* password = R\"(«»)\";\n"),
    ("main.cpp", "std::string password = R\"x(«»)x\";\n"),
    ("main.lua", "local password = [[«»]]\n"),
    ("main.rs", "let password = r##\"«»\"##;\n"),
    ("main.kt", "val password = \"\"\"\n    «»\n\"\"\".trimIndent()\n"),
    ("Main.java", "String password = \"\"\"\n    «»\"\"\";\n"),
    ("main.php", "$password = <<<'EOT'\n«»\nEOT;\n"),
    ("main.rb", "password = <<~EOS\n  «»\nEOS\n"),
    ("main.rb", "password = %q(«»)\n"),
    ("main.pl", "my $password = q{«»};\n"),
    ("main.pl", "$h->{password} = '«»';\n"),
    ("main.nix", "{ password = ''«»''; }\n"),
    ("seed.sql", "EXEC('ALTER LOGIN x WITH PASSWORD = ''«»''')\n"),
    ("build.gradle", "buildConfigField \"String\", \"API_KEY\", '\"«»\"'\n"),
    // What tests type in, a page holds, and a program dumps.
    ("login.ts", "await page.fill('#password', '«»');\n"),
    ("login.ts", "await page.getByLabel('Password').fill('«»');\n"),
    ("login.cy.js", "cy.get('#user_password').type('«»');\n"),
    ("login.py", "driver.find_element(By.ID, \"password\").send_keys(\"«»\")\n"),
    ("login_spec.rb", "fill_in 'Password', with: '«»'\n"),
    ("page.html", "<input type=\"password\" id=\"pw\" value=\"«»\">\n"),
    ("php.log", "  [\"password\"]=>\n  string(28) \"«»\"\n"),
    ("sssd.conf", "ldap_default_authtok = «»\n"),
    ("prometheus.yml", "  authorization:\n    credentials: «»\n"),
    // Padding is no sign of equality.
    ("app.yml", "secret_key: '«»='\n"),
    ("main.ts", "const it = { appSecret: '«»=', id: 1 };\n"),
    ("main.py", "it = {'token': '«»='}\n"),
    ("main.rs", "static PASSWORD: &'static str = \"«»\";\n"),
    // What joins a name and a value.
    ("main.vb", "Dim dbPassword As String = \"«»\"\n"),
    ("main.adb", "Password : constant String := \"«»\";\n"),
    ("main.jsonnet", "{ password:: '«»' }\n"),
    ("main.lisp", "(setf *password* \"«»\")\n"),
    ("main.rb", "allow(user).to receive(:token) { '«»' }\n"),
    ("main.rb", "http.basic_auth 'app', '«»'\n"),
    ("Main.java", "new PasswordAuthentication(\"app\", \"«»\".toCharArray());\n"),
    ("Main.java", "@Value(\"${db.password:«»}\")\n"),
    ("main.js", "const password = isLive ? '«»' : '';\n"),
    ("values.yml", "password: \"{{ db_password | default('«»') }}\"\n"),
    ("run.fish", "set -gx DB_PASSWORD «»\n"),
    ("run.csh", "setenv DB_PASSWORD «»\n"),
    ("run.sh", "openssl enc -aes-256-cbc -pass pass:«» -in x\n"),
    ("run.sh", "curl -H \"X-Api-Key: «»\" https://acme.dev\n"),
    ("app.env", "DB_PW=«»\n"),
    ("app.yml", "kennwort: «»\n"),
    ("app.yml", "senha: «»\n"),
    ("app.yml", "contraseña: «»\n"),
    ("mail.txt", "your password is «»\n"),
    ("mail.txt", "credentials: bob:«»\n"),
    ("main.js", "const password = process.env.PW || '«»';\n"),
    ("main.js", "const apiKey = process.env.KEY ?? \"«»\";\n"),
    ("main.dart", "const secret = String.fromEnvironment('SECRET', defaultValue: '«»');\n"),
    ("main.rb", "token = ENV.fetch('TOKEN') { '«»' }\n"),
    ("settings.py", "env = environ.Env(SECRET_KEY=(str, \"«»\"))\n"),
    ("main.tf", "variable \"api_token\" { default = \"«»\" }\n"),
    ("app.tfvars", "api_keys = [\"«»\"]\n"),
    ("Main.java", "if (\"«»\".equals(password)) {}\n"),
    ("Main.java", "if (password.equals(\"«»\")) {}\n"),
    ("Main.cs", "var login = new NetworkCredential(\"user\", \"«»\", \"DOMAIN\");\n"),
    ("site.conf", "SetEnv DB_PASSWORD «»\n"),
    ("site.conf", "fastcgi_param DB_PASSWORD «»;\n"),
    (".msmtprc", "account x\nuser u\npassword «»\n"),
    ("slapd.conf", "bindpw «»\n"),
    ("app.env", "PGPASS=«»\n"),
    ("app.env", "ADMIN_CREDENTIALS=admin:«»\n"),
    ("main.php", "$dbpw = \"«»\";\n"),
    ("main.py", "conn = psycopg2.connect(\"dbname=x user=y password=«» host=z\")\n"),
    ("main.pas", "Connection.ConnectionString := 'User ID=sa;Password=«»;';\n"),
    // Sections whose name says what their members are.
    ("secret.yml", "apiVersion: v1\nkind: Secret\nstringData:\n  acme.conf: «»\n"),
    ("secret.json", "{\"kind\": \"Secret\", \"stringData\": {\"acme\": \"«»\"}}\n"),
    ("app.yml", "secrets:\n  # of the shop\n  acme: «»\n"),
    ("app.yml", "app:\n  credentials:\n    anna: «»\n"),
    ("app.toml", "[shop.tokens]\nacme = \"«»\"\n"),
    ("app.json", "{\"Tokens\": {\"acme\": \"«»\"}}\n"),
    ("main.py", "PASSWORDS = {'anna': '«»'}\n"),
    ("main.php", "return ['api_keys' => ['acme' => '«»']];\n"),
    // What stands between a name and its string.
    ("main.rs", "let login = options.user(Some(\"app\")).pass(Some(\"«»\"));\n"),
    ("settings.py", "api_key: str = Field(default=\"«»\", description=\"x\")\n"),
    ("settings.py", "user, password = 'bob', '«»'\n"),
    ("main.kt", "private val secret by lazy { \"«»\" }\n"),
    ("main.swift", "private var secretKey: String { return \"«»\" }\n"),
    ("main.cpp", "static const std::string kSecretKey{\"«»\"};\n"),
    ("main.go", "type Db struct { Password string `envconfig:\"PW\" default:\"«»\"` }\n"),
    ("main.erl", "-define(PASSWORD, \"«»\").\n"),
    ("app.config", "{default_pass, <<\"«»\">>},\n"),
    ("seed.sql", "DECLARE @pwd VARCHAR(20) = '«»';\n"),
    ("main.cbl", "       01 WS-PASSWORD PIC X(40) VALUE '«»'.\n"),
    ("web.config", "<add connectionString=\"Driver={SQL Server};Server=x;Uid=u;Pwd={«»};\" />\n"),
    ("AndroidManifest.xml", "<meta-data android:name=\"com.acme.API_KEY\" android:value=\"«»\" />\n"),
    ("web.xml", "<env-entry-name>apiKey</env-entry-name>\n<env-entry-value>«»</env-entry-value>\n"),
    ("db.xml", "<String><Key>Password</Key><Value ProtectInMemory=\"True\">«»</Value></String>\n"),
    ("values.yml", "app:password:\n  value: «»\n"),
    ("mail.txt", "the password has been reset to «»\n"),
    ("mail.txt", "Your API key is «»\n"),
    ("notes.md", "- *API key*: `«»`\n"),
    // A value before its name.
    ("main.swift", "request.addValue(\"«»\", forHTTPHeaderField: \"X-API-Key\")\n"),
    ("main.m", "[params setObject:@\"«»\" forKey:@\"password\"];\n"),
    ("stack.json", "[{\"ParameterValue\":\"«»\",\"ParameterKey\":\"AdminPassword\"}]\n"),
    ("main.py", "if '«»' == password: pass\n"),
    // What a function or a command is given.
    ("main.js", "crypto.createHmac('sha256', '«»').update(body);\n"),
    ("main.py", "hmac.new(b\"«»\", body, hashlib.sha256)\n"),
    ("main.php", "$sum = hash_hmac('sha256', $body, '«»');\n"),
    ("main.js", "const session = jwt.sign({ id }, '«»');\n"),
    ("main.py", "claims = jwt.decode(cookie, \"«»\", algorithms=[\"HS256\"])\n"),
    ("Main.java", "new SecretKeySpec(\"«»\".getBytes(), \"AES\");\n"),
    ("run.sh", "unzip -P «» backup.zip\n"),
    ("run.sh", "7z x -p«» backup.7z\n"),
    ("run.sh", "ldapsearch -x -D cn=admin,dc=acme -w «» -b dc=acme\n"),
    ("run.sh", "mongodump --host db -u backup -p «» -d shop\n"),
    ("run.sh", "echo «» | passwd --stdin deploy\n"),
    ("main.php", "mysqli_connect(\"db\", \"password\", \"«»\");\n"),
    ("main.go", "client.Set(\"acme\", \"api_token\", \"«»\")\n"),
    ("app.yml", "product_key: «»-k7_R\n"),
    ("main.go", "run(\"create\", \"--api-key\", \"«»\")\n"),
    ("app.conf", "password: k7Rf9Q2x(«»\n"),
    ("run.sh", "plink -ssh deploy@host -pw «» uptime\n"),
    ("run.sh", "ipmitool -H bmc -U deploy -P «» power status\n"),
    ("run.sh", "mosquitto_pub -h broker -u deploy -P «» -t x\n"),
    ("run.sh", "cqlsh -u deploy -p «»\n"),
    ("run.sh", "xfreerdp /u:deploy /p:«» /v:host\n"),
    ("run.sh", "rabbitmqctl add_user deploy «»\n"),
    ("sentinel.conf", "sentinel auth-pass shop «»\n"),
    // Columns.
    ("users.csv", "name,password,role\nanna,«»,admin\n"),
    ("users.csv", "name,password,role\nanna,,admin\nbert,«»,user\n"),
    ("users.csv", "\"name\",\"password\"\n\"anna, b.\",\"«»\"\n"),
    ("users.tsv", "name\tpassword\nanna\t«»\n"),
    ("seed.sql", "INSERT INTO users (name, password) VALUES\n('anna', NULL),\n('bert', '«»');\n"),
    ("main.h", "#define WIFI_PW \"«»\"\n"),
    // Names with words in them that others have whose values are no secrets.
    ("app.properties", "spring.datasource.primary.password=«»\n"),
    ("app.env", "REDIS_CACHE_PASSWORD=«»\n"),
    ("app.env", "ELASTIC_SYNC_API_KEY=«»\n"),
    ("app.env", "WTF_CSRF_SECRET_KEY=«»\n"),
    ("app.env", "FB_PAGE_ACCESS_TOKEN=«»\n"),
    ("hosts.yml", "ansible_enable_password: «»\n"),
    // Signs that end other values.
    ("app.env", "DJANGO_SECRET_KEY=8k(!@#«»\n"),
    ("app.env", "export DB_PASSWORD=«»(k7[R\n"),
    ("app.yml", "db:\n  password: k7;«»\n"),
    ("compose.yml", "- \"POSTGRES_PASSWORD=k7(«»\"\n"),
    ("run.sh", "kubectl create secret generic x --from-literal='password=k7,«»'\n"),
    ("app.env", "X=mongodb://bob:k7R@«»@db.acme.dev/x\n"),
    ("run.sh", "PASSWORD='k7;«»'\n"),
    // Markup and tables.
    ("a.xml", "<password><![CDATA[«»]]></password>\n"),
    ("a.xml", "<password>\n  «»\n</password>\n"),
    ("a.xml", "<entry key=\"password\">«»</entry>\n"),
    ("keys.xml", "<string name=\"api_key\" translatable=\"false\">«»</string>\n"),
    ("core-site.xml", "<name>fs.s3a.secret.key</name>\n  <value>«»</value>\n"),
    ("web.xml", "<param-name>password</param-name>\n  <param-value>«»</param-value>\n"),
    ("a.html", "<input name=\"api_token\" type=\"hidden\" value=\"«»\">\n"),
    ("a.html", "<tr><td>Password</td><td>«»</td></tr>\n"),
    ("README.md", "| Name | Value |\n|---|---|\n| Password | `«»` |\n"),
    ("README.md", "- **Password:** «»\n"),
    ("seed.sql", "INSERT INTO users (name, password) VALUES ('joe', '«»');\n"),
    ("seed.sql", "INSERT INTO `users` (`id`, `password`, `role`)\nVALUES\n  (1, '«»', 'x');\n"),
    // Rules of their own.
    ("router.cfg", "enable password «»\n"),
    ("router.cfg", "crypto isakmp key «» address 10.1.2.3\n"),
    ("router.cfg", "snmp-server community «» RO\n"),
    ("main.py", "server.login('joe@acme.dev', '«»')\n"),
    ("Main.java", "DriverManager.getConnection(url, \"app\", \"«»\");\n"),
    ("app.env", "DATABASE_URL=mysql://app:x«»!?@db.acme.dev/x\n"),
    // What is taken otherwise, and the default that a checker or a schema has.
    ("config.py", "SECRET_KEY = os.environ.get('SECRET_KEY') or \\\n    '«»'\n"),
    ("config.py", "api_key = os.environ[\"API_KEY\"] if \"API_KEY\" in os.environ else \"«»\"\n"),
    ("config.js", "const secret = process.env.JWT_SECRET ||\n  '«»';\n"),
    ("Main.java", "String password = System.getenv(\"PW\") != null ? System.getenv(\"PW\") : \"«»\";\n"),
    ("build.gradle.kts", "keyPassword = project.findProperty(\"pw\") as String? ?: \"«»\"\n"),
    ("main.tf", "admin_password = coalesce(var.admin_password, \"«»\")\n"),
    ("serverless.yml", "custom:\n  x: ${env:API_KEY, '«»'}\n"),
    ("env.ts", "PASSWORD: z.string().min(8).default('«»'),\n"),
    ("env.ts", "PASSWORD: str({ default: '«»' }),\n"),
    ("user.js", "password: { type: String, default: '«»' },\n"),
    ("main.js", "const secret = new TextEncoder().encode('«»');\n"),
    ("main.js", "const secret = Buffer.from('«»', 'base64');\n"),
    // Values in elements that say more, in dumps, in statements, behind marks.
    (
        "App.config",
        "<setting name=\"DbPassword\" serializeAs=\"String\">\n    <value>«»</value>\n</setting>\n",
    ),
    ("config.xml", "<name>DB_PASSWORD</name><description>x</description><defaultValue>«»</defaultValue>\n"),
    (
        "load.jmx",
        "<stringProp name=\"Header.name\">X-Api-Key</stringProp>\n<stringProp name=\"Header.value\">«»</stringProp>\n",
    ),
    ("dump.sql", "(7,'mail','a:1:{s:8:\\\"password\\\";s:28:\\\"«»\\\";}','yes');\n"),
    ("seed.sql", "UPDATE settings SET value = '«»' WHERE name = 'smtp_password';\n"),
    ("app.yml", "password: '{noop}«»'\n"),
    ("app.md", "password: **«»**\n"),
    ("pod.yml", "args:\n  - --password\n  - «»\n"),
    ("main.ps1", "if ($password -eq \"«»\") {}\n"),
    ("main.pl", "if ($password eq '«»') {}\n"),
    ("run.sh", "if [ \"$PASSWORD\" = \"«»\" ]; then\n"),
    // Sentences, and text that is set off.
    ("mysqld.log", "1 [Note] A temporary password is generated for root@localhost: «»\n"),
    ("setup.log", "The new password for user admin is «»\n"),
    ("mail.txt", "I set the password to «»\n"),
    ("mail.html", "<b>Password:</b> «»<br>\n"),
    ("mail.html", "<strong>Password</strong>: «»\n"),
    ("help.html", "<li>Password: <code>«»</code></li>\n"),
];

/// The paths of files that hold no secret, and their texts.
const QUIET: &[(&str, &str)] = &[
    (
        "config.py",
        "password = read() if ready else \"none\"\nkey = f(x) or \\\n    'none'\ntoken = a[\"token\"] if b else prompt(\"Token 1\")\n",
    ),
    ("main.tf", "admin_password = coalesce(var.admin_password, \"\")\npassword = try(var.password1, null)\n"),
    ("user.js", "password: { type: String, default: '' },\ntoken: { type: String, default: null },\n"),
    ("env.ts", "PASSWORD: z.string().min(8),\nTOKEN: str({ default: undefined, devDefault: token1 }),\n"),
    ("serverless.yml", "custom:\n  x: ${env:API_KEY, ''}\n  y: ${env:API_KEY, self:custom.key1}\n"),
    ("dump.sql", "'a:1:{s:8:\"password\";s:0:\"\";s:5:\"token\";N;}'\n"),
    (
        "seed.sql",
        "UPDATE settings SET value = 'none' WHERE name = 'password';\nSELECT 'x1' WHERE name = 'token';\n",
    ),
    ("pod.yml", "args:\n  - --password\n  - $(DB_PASSWORD1)\n  - --token\n  - --verbose\n"),
    ("main.ps1", "if ($password -eq \"\") {}\nif ($token -ne \"none\") {}\n"),
    ("run.sh", "if [ \"$PASSWORD\" = \"\" ]; then\n[ \"$TOKEN\" = \"$1\" ]\n"),
    (
        "mail.txt",
        "The password for the account is required.\nChange the password to continue.\nThe password for bob: ask him.\n",
    ),
    ("help.html", "<b>Password:</b> required<br>\n<li>Password: <code>string</code></li>\n"),
    (
        "login.ts",
        "page.fill('#password', 'secret');\nget('#password').type(user.password1);\nget('password').should('eq', 'x1');\n",
    ),
    (
        "page.html",
        "<input type=\"password\" value=\"Password\">\n<input type=\"password\" name=\"a1\">Your password1</input>\n",
    ),
    ("fetch.js", "fetch(u, { credentials: 'same-origin' });\ncredentials: omit1\n"),
    ("rules.php", "$rules['password'] = Setting::passwordRules('store');\n"),
    ("main.kt", "this[\"passphrase\"] = mapOf(\"algorithm\" to it.algorithm)\n"),
    ("secret.yaml", "x: {{ lookup (dict \"a\" $currentPassword \"context\" $) }}\n"),
    ("keys.ts", "const KEYS = [\n  \"acmeApiKey\",\n  \"acmeApiVersion\",\n];\n"),
    ("page.adoc", "a user is identified by calling the method, so CREATE USER is not\n"),
    (
        "main.tf",
        "raw_key = \"SGVsbG8gZnJvbSBmYXIgYXdheSBhbmQgYmVsb3c=\"\nsecret_key = \"SGVsbG8gZnJvbSBmYXIgYXdheQ==\"\n",
    ),
    ("Test.java", "String encodedPassword = \"{pbkdf2@Acme_v5_8}9c1f7a03be52d8460fa1c3e7\";\n"),
    ("general.php", "'password' => 'crwdns6846:0crwdne6846:0',\n'api_key' => 'crwdns1662:0crwdne1662:0',\n"),
    ("signup.md", "recaptcha:\n{ \"public_key\": \"6Lc7Qw3XbZ9kR2mT5vN8yH4jL6pD1sF0gC3aE7u2\" }\n"),
    ("seed.gql", "https://files.example/o/x.jpeg?alt=media&token=4b7e2ca1-7f43-4d1b-9c2e-5a86f0e3d917\n"),
    ("apache.yml", "ssl_ciphers: 'EECDH+AESGCM:!aNULL:!MD5:!PSK:!DSS:!RC4:!SEED:!ECDSA:kEDH'\n"),
    ("main.py", "token = mock('2026-03-14T07:21:30.000000Z')\n"),
    ("main.java", "secretKey = Hex.decode(\"000102030405060708090a0b0c0d0e0f10111213\");\n"),
    ("mail.txt", "your password is required2 and is never sent\nthe password is: wrong\n"),
    ("main.js", "const password = process.env.PW || '';\nconst token = env.TOKEN || other1;\n"),
    ("main.tf", "variable \"api_token\" { default = \"\" }\nvariable \"token2\" { type = string }\n"),
    ("app.tfvars", "api_keys = [\"reader1\", \"writer2\"]\nkeys = [var.key1]\n"),
    ("Main.java", "if (\"password1\".equals(field)) {}\nif (token.equals(other1)) {}\n"),
    ("site.conf", "SetEnv DB_PASSWORD ${DB_PASSWORD1}\nfastcgi_param DB_PASSWORD $db_password1;\n"),
    (
        "app.yml",
        "secrets:\n  acme: ${ACME_1}\n  shop: prod/shop-db-2\n  user: k7Rf9Q2xW19LmZt4\nnext: k7Rf9Q2xW19LmZt4VbQd\n",
    ),
    ("config.yml", "kind: ConfigMap\ndata:\n  acme: k7Rf9Q2xW19LmZt4VbQd\n"),
    ("tokens.json", "{\"tokens\": {\"ACME\": \"0x7b19Ae04C5d3F82a6E90c1B4d7f35A28e6C0b9D1\"}}\n"),
    ("main.py", "user, password = load1('a'), load2('b')\npassword = Field(default=None)\n"),
    ("main.kt", "val token by lazy { store.token1() }\nval password: String get() = store.password1\n"),
    ("main.go", "type Db struct { Password string `json:\"password1\"` }\n"),
    ("main.py", "url = f\"Uid={user};Pwd={password1};\"\n"),
    ("main.m", "[params setObject:password1 forKey:@\"password\"];\n"),
    ("main.swift", "defaults.set(\"on\", forKey: \"showPassword\")\n"),
    ("mail.txt", "the password has been reset to the one of ship2\nYour API key is shown in step 2\n"),
    ("main.py", "command = [b'sshpass', b'-d41', b'ssh']\n"),
    (
        "notes.txt",
        "Authorization: AWS4-HMAC-SHA256 Credential=abc9/20240101/eu-west-1/s3/aws4_request, SignedHeaders=host\n",
    ),
    ("Main.cs", "var encryptedPrivateKey = \"2.Qm9nc2lkZQkj3kd93kQ8dA==|Zm9vYmFyYmF6c2tq93jd4Q==\";\n"),
    ("Main.cs", "var wrappedUserKey = \"Qm9nc2lkZQkj3kd93kQ8dAZm9vYmFyYmF6c2tq93jd4Q==\";\n"),
    (
        "lang/da/auth.php",
        concat!("<?php return ['pass", "word' => 'adgangskode', 'token' => 'engangskode'];\n"),
    ),
    ("Request.php", "return ['password' => 'nullable|min:6|confirmed'];\n"),
    (
        "main.go",
        "secret, err := hkdf.Key(sha256.New, ikm, nil)\npassword := uuid.Must(uuid.NewV4()).String()\n",
    ),
    ("main.php", "$a['token'] = md5(uniqid(rand(), true));\n"),
    ("main.py", "login(password=\"irrelevant\")\nlogin(password=\"incorrect\")\n"),
    ("user.json", "{\"hashed_password\": \"$2a$04$abc\"}\n"),
    ("notes.md", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\n"),
    ("files.js", "const file = { key: '5f3b9a1c8e2d7b4f6a0c9d1e', name: 'photo.png' };\n"),
    ("pod.yml", "  - secret: root-ca5\n"),
    ("run.sh", "adduser --nopassword --checkports=false4\n"),
    ("main.c", "pwd = getpwnam(\"nobody42\");\n"),
    ("main.go", "paths := []string{\"file:///etc/passwd\", `scheme 42file`}\n"),
    ("guide.md", "```sh\nDATABASE_PASSWORD=\n```\n\n### Set it up\n\n<Code>\n\n```ts\nlet a = 1;\n```\n"),
    ("run.sh", "7z a app-$1-ppc64le.zip bundle\n"),
    ("users.csv", "name,password,role\nanna,,admin\n"),
    ("users.csv", "name,password\nanna,5f4dcc3b5aa765d61d8327deb882cf99\n"),
    ("texts.csv", "key,text\nlogin.password.label,Your password\n"),
    ("main.py", "from settings import user,password\nconnect(user,password)\n"),
    ("notes.md", "It asks for the name, the password\nand the number of the ship, harbour 2.\n"),
    ("run.sh", "docker run --name mongo -p 27017:27017 mongo --auth\n"),
    ("run.sh", "unzip -p backup.zip shop/settings2.json\n"),
    (
        "run.sh",
        "plink -ssh deploy@host -pw $PASS1\nmosquitto_pub -h broker -P ${PASS1} -t x\nplink -P 2222 host\n",
    ),
    ("run.sh", "rabbitmqctl add_user deploy <password1>\nxfreerdp /u:deploy /p:%PASS1% /v:host\n"),
    ("main.js", "crypto.createHmac('sha256', secret).update('7c1Qm2Vx9Lk4Rt8Z');\n"),
    ("main.js", "jwt.verify(cookie, process.env.JWT_SECRET, { issuer: 'acme' });\n"),
    ("app.yml", "contraseña: escriba la contraseña\n"),
    ("app.yml", "password: *main\nsecret: !Ref DbPassword12\nkey: !secret db_password1\n"),
    ("main.tf", "password = <<EOT\n${var.password1}\nEOT\n"),
    ("main.tf", "password = <<EOT\nThe password of the database\nis set elsewhere\nEOT\n"),
    ("main.lua", "local password = opts[ [[password1]] ]\nlocal key = [[1, 2], [3, 4]]\n"),
    ("main.pl", "$h{password} = $opt{password1};\n$h{password} = q{};\n"),
    ("main.rb", "let(:token) { user.token1 }\nreceive(:password) { \"password\" }\n"),
    ("main.rb", "http.basic_auth user1, password1\n"),
    ("main.js", "const password = isLive ? 'text' : other1;\n"),
    ("main.js", "const { password } = options1;\nif (token) { \"use strict\" }\n"),
    ("run.sh", "curl -H \"X-Api-Key: $KEY1\" https://acme.dev\nopenssl enc -pass pass:$PASS1\n"),
    ("values.yml", "password: \"{{ db_password | default('changeme') }}\"\n"),
    ("a.xml", "<password><![CDATA[${db.password1}]]></password>\n"),
    ("a.xml", "<entry key=\"password\">Password</entry>\n<entry key=\"x.password\">Your password:</entry>\n"),
    ("strings.xml", "<string name=\"password\">Kennwort</string>\n"),
    ("a.html", "<tr><td>Password</td><td>required</td></tr>\n<input name=\"token\" value=\"{{ t1 }}\">\n"),
    ("README.md", "| password | the password of user 1 |\n| token | required |\n| `api_key` | string |\n"),
    ("README.md", "**Password:** required\n**Token:** the token of the API\n"),
    ("seed.sql", "INSERT INTO users (name, password) VALUES (?, ?);\n"),
    ("seed.sql", "INSERT INTO users (name, password, role) VALUES (:name, :password1, 'admin12345');\n"),
    ("router.cfg", "snmp-server community public RO\nenable password authentication\n"),
    ("main.py", "server.login('joe@acme.dev', password1)\n"),
    ("notes.txt", "see mysql://db.acme.dev:3306?mail=joe@acme.dev\n"),
    ("main.dts", "pins = \"spi2_miso_px1\", \"spi2_cs2_n_pw3\", \"lcd_m1_pw1\";\n"),
    ("settings.py", "EMAIL_PASSWORD = 'this text says what'\n"),
    ("task.yml", "valueFrom: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod-db-x7Kq2P\n"),
    ("vo.json", "{\"product_key\": \"Q27X0315K_q27x0315k_shf.fits\", \"key\": \"COMET-ZELENKA-2017Q4\"}\n"),
    (
        "i.nse",
        "-- <table key=\"iqn.2009-04.com.acme:tsn.4bc81d05e736\">\n-- <table key=\"fe80::7ab:31c9:4d2f:b86\">\n",
    ),
    (
        "names.json",
        "[\n  \"mgrpalloweddomain\",\n  \"mgrpapprovepassword\",\n  \"mgrpbroadcasterpolicy\",\n  \"mgrpdeliverto\"\n]\n",
    ),
    (
        "tags.lua",
        "tags = {\n  \"k8s-kind:Secret\",\n  \"k8s-uid:c7d1e90a-4b38-4f6e-9a52-3e8b7c1d0f96\",\n}\n",
    ),
    ("main.yml", "tags: [ 'role::mosquitto:config', 'role::mosquitto:passwd', 'role::mosquitto:acl' ]\n"),
    ("auth.t", "\"acme_native_password\",\n\"acme_old_password\",\n\"client_ed25519\",\n},\n"),
    ("main.py", "#     \"--password\", \"--two-way=true\",\n"),
    ("data.ts", "channelRemoteNodeKey: 'AvR8k2mYw0QpZ5sTj1HcXn7LbFd9GeUaIo3KfMxVyWqE',\n"),
    (
        "out.txt",
        // stanch:allow http-other-auth-header reason="an id, invented; here its name stands behind an escape"
        "Vary: X-Auth-Token\nx-openstack-request-id: req-5b1f07c2-93de-4a60-8c14-2e7a90d3f6b8\n",
    ),
    (
        "Main.java",
        concat!(
            "AsymmetricCipher",
            "KeyPair kp = g();\n\nbyte[] msg = Hex.decode(\"61204c6f7720626972642073696e67d3\");\n"
        ),
    ),
    ("setup.in", "my $dba_pass = $args{'dba-password'} || $ENV{'DBA_PASSWORD'};\n"),
    ("Main.java", "// 4. Compute shared secret: SHA3-256(ssM || ssX || ctX)\n"),
    ("Main.java", "// secretKey := HKDF_sha256(ikm, hkdfInfo).generate()\n"),
    ("move.php", "$password = DB::table('configs7k')->select('value')->where('key', 'password')->first();\n"),
    ("q.nse", "local r = \"a=\" .. query .. \"&pass=\" .. rand.random_alpha(10) .. \"&form_id=login\"\n"),
    ("Auth.php", "$token = 'acmeauthv2.1.0|42|' . $authToken->token . '|acmeauthv2.1.0';\n"),
    ("rpc.txt", "lprpasswd\t300729\nrprpasswd\t300730\ncorrentmgr07\t300751\nf7000pss\t300761\n"),
    ("tool", "#!/usr/bin/env perl\n$mysync->{password1} = firstline ( $mysync->{ passfile1 } ) ;\n"),
    ("admin.t", "fields => { PrivateKey => '7B3E90C41AD25F68E07194BC3D8A62F51C09E7D4' },\n"),
    ("os.h", "#define Qx4_Alg_Token \"\\xD1\\xC3\\xD7\\xC4\\xF0\\xF1\\xF0\\xF0\"\n"),
    ("t.c", "#define AUTH_SELECTION_PASSWORD \"{\\\"authSelection\\\": {\\\"mechanisms\\\": \" \\\n"),
    ("nss.update", "default: passwd:cn=users1,cn=accounts,$SUFFIX\n"),
    ("rel.md", "* Added `--admin-password` to `[vm|vmss] create2`\n"),
    ("sudoers.conf", "%adminapi ALL= NOPASSWD: PROXYD7\n"),
    ("t.nse", "-- TopSecret: TSS8256F\n"),
    ("notes.md", "- `create_random_password` -> support for it was removed\n"),
    ("main.js", "if (e.password === \"x-oauth-basic\") {}\n"),
    ("users.yml", "hashed: x\nsalt: a7c31e9b04d85f6273be19c0fa4d8e52\n"),
    ("exp.txt", "verify wrong password: rejected2\n"),
    ("test.py", "getent.passwd(\"user_same7\")\n"),
    ("base.twig", "data = {password: newPw, password2: newPw2};\n"),
    ("conf.cpp", "copyFormPassword(F(\"apkey1\"), settings.key, sizeof(settings.key));\n"),
    ("core.py", "keyring.set_password(\"acme1:{0}\".format(url), username, password)\n"),
    ("values-xx.pl", "%fields = (Password  => 'binary', pass => 'undef');\n"),
    ("auth.java", "authText = Hex.decode(\"c0a9182738495a6b7c8d9eafb0c1d2e3\");\n"),
    ("names.json", "[\"username\", \"password\", \"address1\"]\n"),
    ("names.json", "{\"sensitive_fields\": [\"password\", \"md5_hash\"]}\n"),
    ("User.php", "$fillable = ['name', 'email', 'password', 'address1'];\n"),
    ("main.py", "METHODS = [\"md5\", \"password\", \"scram-sha-256\"]\n"),
    ("check.log", "PASS: gas/i386/pr19498\nPASS: ld-elf/pr20513b (x)\n"),
    ("tap.log", "not ok 3 - password: expected 'abc'\n"),
    ("nsswitch.conf", "passwd:         files\n"),
    ("notes.txt", "name:passwd:uid:gid:gecos:dir:shell\n"),
    ("k8s.yml", "kind: Secret\ndata:\n  password: Y2hhbmdlbWU=\n"),
    (".npmrc", "//npm.acme.dev/:_password=eW91ci1wYXNzd29yZC1oZXJl\n"),
    (
        "audit.json",
        "{\"auth\": {\"client_token\": \"hmac-sha256:d6b89ba55f6288bcee94306a9f8317b3fee572daa20ecee7809cce177af9e74d\"}}\n",
    ),
    (
        "app.yml",
        "client_secret: '$pbkdf2-sha512$310000$CU30WHoSYvYDmqM3li9JQ9$tI4VjTFbxZCpb2DzKJwBEjCoRnU6XhT92K4rxJ1Hi1P2YKpgVKaFpmRIjqIDIgz5qge1P92x8yzvFGZ1aZ8Z64'\n",
    ),
    (
        "users.xml",
        "<column name=\"password\" value=\"{SHA-256}80fa0604666d819ac0c565276b738ac670aa990e9307e52072d222b7db031481\"/>\n",
    ),
    ("resources/lang/mi-NZ/table.php", concat!("<?php return ['pass", "word' => 'Kupuhipa'];\n")),
    ("README.md", "| `basicAuthPassword` | _[SecretSource2](#secretsource)_ | where it comes from |\n"),
    ("README.md", "-e DB_PASSWORD= `#optional` \\\n"),
    ("docs.md", "    environment:\n      - PASSWORD= #optional\n"),
    (
        "suite.data",
        "tls13_derive_secret:PSA_ALG_SHA_256:\"33ad0a1c607ec03b09e6cd9893680ce2\":tls13_label_client_hello\n",
    ),
    ("keys.test.ts", "secret = await lib.generateSecret('A256GCMKW')\n"),
    ("log.php", "$g = new Sequence( 'token=04be9ce053cfdf511a634efb053874%1$d' );\n"),
    ("nix.cpp", "options[\"handle_token\"] = \"org/keepmoor/KeepMoorXC/%1\";\n"),
    ("Key.java", "String secret = \"^MOOR-1[QPZRY9X8GF2TVDW0S3JN54]{58}$\";\n"),
    ("Token.php", "$s .= 'passphrase='.urlencode($this->gateway->config('passphrase'));\n"),
    (
        "notes.adoc",
        "The encrypted password: mc8QA0bnMh6vfm4l2CAHWFJhAe3skVxh17yDAkqNY6fIA7QTWRxn9Z33YepDSSZUPIOxdFbuSudjGz36pInECe==\n",
    ),
    (
        "aaguids.json",
        "{\n  \"bada5566-a7aa-401f-bd96-45619a55120d\": \"NordPass\",\n  \"abdac271-596b-4a1b-8b17-69aca7e810a8\": \"Keeper\"\n}\n",
    ),
    ("Health.php", "'acme_pass' => array(\n    'heading2' => 'Acme pass status',\n),\n"),
    ("store.go", "resourcePassword = \"passwords\"\n"),
    ("totp_test.go", "Secret: []byte(\"JBSWY3DPEHPK3PXP\"),\n"),
    ("api.md", "\"key\": \"MIIBIjANBgkqhki...yn7qGrzgQIDAQAB\"\n"),
    ("api.md", "curl -H \"Authorization: Bearer eyJhbGciOiJI...M3A90LCkxxtX9oNP9KZO\"\n"),
    ("run.rst", "fuse --token ABXQ:chip32c3:100:... dump\n"),
    ("bill.yml", "acme.ovh_monthly_billing:\n  project_id: ab4c7e909434304257663265411e2125\n"),
    (
        "mix.json",
        "\"/js/braintree-credit-card.js\": \"/js/braintree-credit-card.js?id=f92f337e5c8c544ed71430ea76348d72\",\n",
    ),
    (
        "pkg.json",
        "\"integrity\": \"sha512-BQAKG96oyrw8JDQtufgsNlh6zafZqqJhmrbtsA5cjCnUfiFosgVSOQgv2C8nspF9fV9B5DjId1YRCqUjujzP04==\",\n",
    ),
    ("Request.php", "return ['password' => 'min:6', 'mail_password' => 'required_unless:mailer,log'];\n"),
    ("Reset.php", "return ['password' => 'confirmed|'.Setting::rules('store')];\n"),
    ("pages/pwqgen.md", "- Generate a passphrase:\n\n`pwqgen`\n"),
    ("api.json", "{\"security\": [{\"petstore_auth\": [\"write:pets\", \"read:pets\"]}]}\n"),
    ("ssl.rst", "Set both to use PSK: *psk_identity* is sent to the server\n"),
    (
        "app.py",
        "wrong_password = 'hunter22'\nmax_api_key = 'abcd1234'\nnext_page_token = 'k7RfQ2xW19LmZt4VbQ'\n",
    ),
];

#[test]
fn values_are_found_in_every_form() {
    let folder = folder();
    for (index, (path, text)) in FORMS.iter().enumerate() {
        let text = text.replace("«»", &format!("x{}7", base62(index as u64 + 1, 26)));
        write(folder.path(), format!("{index:02}/{path}"), text);
    }
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().findings();
    let missed: Vec<_> = FORMS
        .iter()
        .enumerate()
        .filter(|(index, (path, _))| {
            let path = format!("{index:02}/{path}");
            found.iter().filter(|finding| finding["path"] == path.as_str()).count() != 1
        })
        .map(|(_, form)| form)
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_only_looks_like_it_is_quiet() {
    let folder = folder();
    for (index, (path, text)) in QUIET.iter().enumerate() {
        write(folder.path(), format!("{index:02}/{path}"), text);
    }
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().findings();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_word_is_a_password_where_nothing_else_can_be_meant() {
    let folder = folder();
    write(folder.path(), "app.yml", "password: tidal-ferret\n");
    write(folder.path(), "told.sh", format!("openssl rsa -passin pass:{} -in key.pem\n", "ferrets"));
    write(folder.path(), "flag.sh", "login --password required --user app\n");
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().findings();
    let paths: Vec<_> = found.iter().map(|finding| &finding["path"]).collect();
    assert_eq!(paths, ["app.yml", "told.sh"]);
}

#[test]
fn what_an_example_shows_is_told_on_request_alone() {
    let folder = folder();
    let pair = format!("  client_secret: {}\n", base62(7, 32));
    write(folder.path(), "openapi.yaml", format!("example:\n{pair}"));
    write(folder.path(), "settings.yaml", format!("app:\n{pair}"));
    let paths = |confidence: &str| -> Vec<_> {
        let args = ["scan", "--format", "jsonl", "--confidence", confidence];
        let found = stanch(folder.path()).args(args).run().findings();
        found.iter().map(|finding| finding["path"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(paths("medium"), [Some("settings.yaml".to_owned())]);
    assert_eq!(paths("low"), ["openapi.yaml", "settings.yaml"].map(|path| Some(path.to_owned())));
}

#[test]
fn chosen_passwords_in_a_list_are_told_on_request() {
    let folder = folder();
    write(folder.path(), "main.py", "passwords = [\"walrus91kelp\", \"short1\", \"words\"]\n");
    let found = |confidence| {
        let args = ["scan", "--format", "jsonl", "--confidence", confidence];
        stanch(folder.path()).args(args).run().findings().len()
    };
    assert_eq!((found("medium"), found("low")), (0, 1));
}

#[test]
fn what_tells_that_a_package_is_whole_is_no_token() {
    let folder = folder();
    let token = format!("BQA{}", base62(3, 83));
    write(folder.path(), "pnpm-lock.yaml", format!("resolution: {{integrity: sha512-{token}==}}\n"));
    write(folder.path(), "other.yaml", format!("resolution: {{integrity: sha512-Zm9v+{token}}}\n"));
    write(folder.path(), "player.yaml", format!("spotify: {token}\n"));
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().findings();
    let paths: Vec<_> = found.iter().map(|finding| &finding["path"]).collect();
    assert_eq!(paths, ["player.yaml"]);
}

#[test]
fn data_of_a_mail_is_no_token() {
    let folder = folder();
    let token = format!("{}/YC{}", base62(3, 4), base62(4, 38));
    let lines = format!("{}\n{token}/{}\n", base62(1, 64), base62(2, 16));
    write(folder.path(), "mail.eml", format!("Content-Transfer-Encoding: base64\n\n{lines}"));
    write(folder.path(), "alone.eml", format!("{token}\n"));
    let found = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().findings();
    let paths: Vec<_> = found.iter().map(|finding| &finding["path"]).collect();
    assert_eq!(paths, ["alone.eml"]);
}
