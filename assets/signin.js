// What our pages do better with a script. They are complete without it, and it never sends a form.
'use strict';
(() => {
  const all = (css) => document.querySelectorAll(css);
  const said = document.querySelector('.said');
  const say = (words) => { if (said) said.textContent = words; };
  const language = document.documentElement.lang;

  // One press of a button sends one form, until the page comes back or time has passed.
  const rest = (form) => { delete form.dataset.sent; form.querySelector('button').removeAttribute('aria-busy'); };
  addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = 1;
    form.querySelector('button').setAttribute('aria-busy', 'true');
    setTimeout(rest, 8000, form);
  });
  addEventListener('pageshow', () => all('form[data-sent]').forEach(rest));

  // Times in the clock of the reader, and how long something still holds. Spoken once, when it is over.
  for (const time of all('time[data-local]')) {
    const asked = new Date(time.textContent.replace(' ', 'T').replace(' UTC', 'Z'));
    if (+asked) time.textContent = asked.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  }
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(seconds < 3600 ? 14 : 11, 19).replace(/^0/, '');
  const count = (time, seconds, prefix) => {
    const end = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      time.textContent = prefix + time.dataset.left.replace('{}', clock(Math.max(left, 0)));
      if (left > 0) return;
      clearInterval(timer);
      time.parentNode.remove();
      say(time.dataset.over);
    };
    const timer = setInterval(tick, 1000);
    tick();
  };
  for (const time of all('time[data-ends]')) {
    const seconds = +time.dataset.ends;
    const until = new Date(Date.now() + seconds * 1000).toLocaleTimeString(language, { timeStyle: 'short' });
    count(time, seconds, `${until} · `);
  }
  for (const time of all('time[data-wait]')) count(time, +time.dataset.wait, '');

  // Of what is pasted, the code.
  for (const field of all('.digits')) field.addEventListener('paste', (event) => {
    const code = event.clipboardData.getData('text').match(/\d([\s-]?\d){3,11}/);
    if (!code) return;
    event.preventDefault();
    field.value = code[0].replace(/\D/g, '');
  });

  // The code of a text message, where the browser may read it (WebOTP): fills the field, no more.
  const field = document.querySelector('[autocomplete=one-time-code]');
  if (field && 'OTPCredential' in window && !document.querySelector('[data-status]')) {
    const ended = new AbortController();
    field.form.addEventListener('submit', () => ended.abort());
    navigator.credentials.get({ otp: { transport: ['sms'] }, signal: ended.signal })
      .then((otp) => { field.value = otp.code; }).catch(() => {});
  }

  // Waits for the other screen; then shows, by a plain GET, where things stand.
  const main = document.querySelector('[data-status]');
  if (main) {
    let pause = 2000, timer;
    // The link was used in another window of this browser, whose cookie is another since.
    const goneOn = () => {
      const title = main.querySelector('h1');
      main.replaceChildren(title, said);
      document.title = title.textContent = main.dataset.gone;
      say(main.dataset.close);
    };
    const ask = async () => {
      try {
        const answer = await fetch(main.dataset.status, { cache: 'no-store' });
        if (answer.status === 401) return goneOn();
        if (answer.ok && (await answer.json()).status !== main.dataset.state) return location.replace(main.dataset.here);
      } catch { /* it will be back */ }
      wait();
    };
    const wait = () => {
      clearTimeout(timer);
      if (document.hidden) return;
      timer = setTimeout(ask, pause);
      pause = Math.min(pause * 1.1, 10000);
    };
    document.addEventListener('visibilitychange', () => { pause = 2000; wait(); });
    wait();
  }
})();
