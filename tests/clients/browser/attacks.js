// Everything that a page can do to another address. `target` is the emulator's origin. Calls `done`
// with what the page could read.
const api = target + "/?Action=";
const write = api + "RunCommand&Version=2014-05-26&RegionId=cn-hangzhou&Type=RunShellScript"
    + "&CommandContent=evil&InstanceId.1=i-1&Name=";
const list = api + "DescribeInvocations&Version=2014-05-26&RegionId=cn-hangzhou";
const advance = JSON.stringify({Advance: 60});
const read = [];
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const soon = (promise) => Promise.race([promise, wait(3000)]);

function form(action, type, fields) {
    const frame = document.createElement("iframe");
    frame.name = "f" + Math.random();
    const form = document.createElement("form");
    Object.assign(form, {action, method: "POST", enctype: type, target: frame.name});
    for (const [name, value] of fields) {
        const input = document.createElement("input");
        Object.assign(input, {type: "hidden", name, value});
        form.append(input);
    }
    document.body.append(frame, form);
    form.submit();
}

// Loads `url` by an element and waits until it has been loaded or refused.
function element(name, url, attribute = "src") {
    const element = document.createElement(name);
    const ended = new Promise((go) => { element.onload = element.onerror = go; });
    if (name === "link") element.rel = "stylesheet";
    element.referrerPolicy = "no-referrer";
    element[attribute] = url;
    document.body.append(element);
    return soon(ended);
}

async function attempt(url, options = {}) {
    try {
        const answer = await soon(fetch(url, options));
        const text = answer && answer.ok ? await answer.text() : "";
        if (text) read.push(url + ": " + text.slice(0, 80));
    } catch { /* Refused by the browser. */ }
}

(async () => {
    const urlencoded = "application/x-www-form-urlencoded";
    form(write + "form", urlencoded, []);
    form(target + "/", urlencoded, new URLSearchParams(new URL(write + "fields").search));
    form(target + "/_emulator/reset", urlencoded, []);
    form(target + "/_emulator/reset", "text/plain", []);
    form(target + "/_emulator/clock", "text/plain", [['{"Advance":60,"x":"', '"}']]);
    await Promise.all([
        element("img", write + "img"),
        element("script", write + "script"),
        element("link", write + "link", "href"),
        element("iframe", write + "iframe"),
        element("video", write + "video"),
        element("object", write + "object", "data"),
        element("script", list),
        element("img", target + "/_emulator/health"),
    ]);
    for (const mode of ["cors", "no-cors", "same-origin"]) {
        for (const referrerPolicy of ["unsafe-url", "no-referrer"]) {
            const common = {mode, referrerPolicy, credentials: "include"};
            await attempt(write + mode, common);
            await attempt(write + "post", {...common, method: "POST"});
            await attempt(target + "/_emulator/reset", {...common, method: "POST"});
            for (const type of ["application/json", "text/plain", urlencoded]) {
                const headers = {"Content-Type": type};
                await attempt(target + "/_emulator/clock", {...common, method: "POST", headers, body: advance});
            }
            // A body without a type.
            const body = new Blob([advance]);
            await attempt(target + "/_emulator/clock", {...common, method: "POST", body});
            await attempt(list, common);
            await attempt(target + "/_emulator/health", common);
        }
    }
    navigator.sendBeacon(target + "/_emulator/reset");
    navigator.sendBeacon(target + "/_emulator/clock", advance);
    await soon(new Promise((go) => {
        const events = new EventSource(target + "/_emulator/events");
        events.onopen = () => { read.push("events"); events.close(); go(); };
        events.onerror = () => { events.close(); go(); };
    }));
    await wait(1000);
    done(read);
})();
