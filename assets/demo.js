// The demo: what an app in a browser does to have people sign in. Nothing here is special to the demo but what it shows.
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const app_id = $('demo').dataset.app;
  const here = location.origin + location.pathname;
  let tokens; // in memory alone: a real app may keep the refresh token where it keeps its secrets

  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const claims_of = (jwt) => JSON.parse(new TextDecoder().decode(
    Uint8Array.from(atob(jwt.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))));

  // The verifier waits under the name of its state. Not in sessionStorage: the link in a mail opens in a tab of its own.
  async function signIn() {
    const state = random(), verifier = random();
    localStorage.setItem(`demo ${state}`, verifier);
    const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
    location.assign('/signin?' + new URLSearchParams({ app_id, redirect_uri: here, state, code_challenge: challenge }));
  }

  // Back from the sign-in: the state must be one of ours, then code and verifier become tokens.
  async function comeBack(query) {
    const kept = `demo ${query.get('state')}`, code_verifier = localStorage.getItem(kept);
    localStorage.removeItem(kept);
    history.replaceState(null, '', here);
    if (!code_verifier) return complain('This browser did not ask for that sign-in, or it has come back before. Please sign in again.');
    tokens = await call('POST', '/v1/auth/exchange', { code: query.get('code'), code_verifier });
    if (tokens) show();
  }

  async function refresh() {
    const fresh = await call('POST', '/v1/auth/refresh', { refresh_token: tokens.refresh_token });
    if (!fresh) return;
    tokens = { ...tokens, ...fresh };
    show();
  }

  const me = () => call('GET', '/v1/auth/me');

  async function signOut() {
    if (!await call('POST', '/v1/auth/logout', { refresh_token: tokens.refresh_token })) return;
    tokens = undefined;
    show();
  }

  // One call, and what came of it on the page. Gives the answer, or nothing if it was refused.
  async function call(method, path, body) {
    const headers = body ? { 'Content-Type': 'application/json' } : { Authorization: `Bearer ${tokens.access_token}` };
    let answer;
    try {
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      answer = await response.json();
    } catch {
      return complain('The server did not answer. Is it still running?');
    }
    $('call').textContent = `${method} ${path}\n${JSON.stringify(answer, shorten, 2)}`;
    $('last').hidden = false;
    if (answer.success) return answer;
    complain(`${answer.error}: ${answer.message}`);
  }

  const shorten = (name, value) => /_token$/.test(name) && value.length > 40 ? `${value.slice(0, 24)}…` : value;

  function complain(words) {
    tokens = undefined;
    show();
    $('wrong').textContent = words;
    $('wrong').hidden = false;
  }

  function show() {
    $('out').hidden = Boolean(tokens);
    $('in').hidden = $('token').hidden = !tokens;
    $('wrong').hidden = true;
    if (!tokens) return;
    const who = `Signed in as ${tokens.user.email ?? tokens.user.phone}`;
    if ($('who').textContent !== who) {
      $('who').textContent = who;
      $('who').focus();
    }
    $('claims').replaceChildren(...Object.entries(claims_of(tokens.access_token)).map(([name, value]) => {
      const row = document.createElement('div'), dt = document.createElement('dt'), dd = document.createElement('dd');
      dt.textContent = name;
      dd.textContent = /^(iat|exp|auth_time)$/.test(name) ? new Date(value * 1000).toLocaleTimeString() : String(value);
      row.append(dt, dd);
      return row;
    }));
  }

  for (const [id, act] of Object.entries({ signin: signIn, me, refresh, signout: signOut })) $(id).addEventListener('click', act);
  $('signin').hidden = false;
  const query = new URLSearchParams(location.search);
  if (query.has('code')) comeBack(query);
})();
