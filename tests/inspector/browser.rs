//! A real browser, driven over a pipe by the DevTools protocol: JSON, a NUL behind each message.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::skip;

/// A browser that has not answered for so long will not.
const PATIENCE: Duration = Duration::from_mins(1);

/// Collects what the page's policy refused, from before anything of the page runs.
const WATCH: &str = "window.refused = [];
    document.addEventListener('securitypolicyviolation', (event) =>
        window.refused.push(event.violatedDirective + ': ' + event.blockedURI));";

/// A browser without a window, with one page.
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    heard: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium; none where it is not installed, which is told.
    pub fn start() -> Option<Self> {
        let profile = tempfile::tempdir().expect("a folder");
        let installed = Command::new("chromium")
            .arg("--version")
            .env("HOME", profile.path())
            .output();
        if !installed.is_ok_and(|it| it.status.success()) {
            skip::loudly("there is no chromium: apt-get install chromium");
            return None;
        }
        // It reads from file descriptor 3 and writes to 4. Its own sandbox does not work as root.
        let mut process = Command::new("sh")
            .arg("-c")
            .arg(
                "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
                 --no-first-run --disable-background-networking --remote-debugging-pipe \
                 --user-data-dir=\"$0\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            )
            .arg(profile.path())
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is there");
        let to = process.stdin.take().expect("a pipe");
        let mut output = process.stdout.take().expect("a pipe");
        let (tell, from) = mpsc::channel();
        thread::spawn(move || {
            let (mut waiting, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
            while let Ok(len @ 1..) = output.read(&mut chunk) {
                waiting.extend_from_slice(&chunk[..len]);
                while let Some(end) = waiting.iter().position(|byte| *byte == 0) {
                    let message: Vec<u8> = waiting.drain(..=end).collect();
                    let message = serde_json::from_slice(&message[..end]).expect("JSON");
                    if tell.send(message).is_err() {
                        return;
                    }
                }
            }
        });
        let mut browser = Self {
            process,
            to,
            from,
            sent: 0,
            session: None,
            heard: Vec::new(),
            _profile: profile,
        };
        let page = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", &attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.call(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": WATCH }),
        );
        browser.resize(1440, 1000);
        Some(browser)
    }

    /// The size of the page in pixels.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let drawn =
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.eval(drawn);
    }

    /// Whether it is dark around it.
    pub fn darken(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Whether scripts of pages run.
    pub fn allow_scripts(&mut self, allow: bool) {
        let disabled = json!({ "value": !allow });
        self.call("Emulation.setScriptExecutionDisabled", &disabled);
    }

    /// Opens a page, and waits until it is there.
    pub fn open(&mut self, page: &Path, fragment: &str) {
        self.heard.clear();
        // A page with another fragment alone would not be loaded anew.
        self.navigate("about:blank");
        self.heard.clear();
        self.navigate(&format!("file://{}{fragment}", page.display()));
    }

    fn navigate(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        let begin = Instant::now();
        while !self.heard.iter().any(is_loaded) {
            assert!(begin.elapsed() < PATIENCE, "{url} is never loaded");
            let event = self.receive();
            self.heard.push(event);
        }
    }

    /// The value of an expression in the page; a promise is waited for.
    pub fn eval(&mut self, expression: &str) -> Value {
        let question = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true,
        });
        let answer = self.call("Runtime.evaluate", &question);
        let failed = &answer["exceptionDetails"];
        assert!(failed.is_null(), "{expression}: {failed:#}");
        answer["result"]["value"].clone()
    }

    /// Presses and releases a key: `ArrowDown`, `Enter`, `/`.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            _ if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code,
            });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Types text into what has the focus.
    pub fn enter(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Moves the pointer to the middle of the first element of a selector.
    pub fn point_at(&mut self, selector: &str) {
        let [x, y] = self.middle_of(selector);
        let event = json!({"type": "mouseMoved", "x": x, "y": y, "pointerType": "mouse"});
        self.call("Input.dispatchMouseEvent", &event);
    }

    /// Clicks on the middle of the first element of a selector.
    pub fn click(&mut self, selector: &str) {
        let [x, y] = self.middle_of(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1, "pointerType": "mouse",
            });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    fn middle_of(&mut self, selector: &str) -> [f64; 2] {
        let middle = self.eval(&format!(
            "(async () => {{
                const element = document.querySelector({selector:?});
                // Twice: what was not laid out before it came near may be taller than thought.
                for (const _ of [1, 2]) {{
                    element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                    await new Promise((done) => setTimeout(done, 50));
                }}
                const box = element.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"
        ));
        [0, 1].map(|at| middle[at].as_f64().expect("it is somewhere"))
    }

    /// What the console said, what was thrown, refused by the page's policy, or asked for from anywhere but
    /// the page's own file.
    pub fn complaints(&mut self) -> Vec<String> {
        let refused = self.eval("window.refused.join(', ')");
        let mut complaints: Vec<_> = refused
            .as_str()
            .filter(|refused| !refused.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect();
        for event in &self.heard {
            let what = &event["params"];
            match event["method"].as_str() {
                Some("Runtime.consoleAPICalled") => complaints.push(what["args"].to_string()),
                Some("Runtime.exceptionThrown") => {
                    complaints.push(what["exceptionDetails"].to_string());
                }
                Some("Log.entryAdded") => complaints.push(what["entry"]["text"].to_string()),
                Some("Network.requestWillBeSent") => {
                    let url = what["request"]["url"].as_str().unwrap_or_default();
                    if what["type"] != "Document" {
                        complaints.push(format!("it asks for {url}"));
                    }
                }
                _ => {}
            }
        }
        complaints
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("it listens");
        loop {
            let answer = self.receive();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.heard.push(answer);
        }
    }

    fn receive(&mut self) -> Value {
        self.from
            .recv_timeout(PATIENCE)
            .expect("Chromium answers within a minute")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when nobody talks to it any more, and its children with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
