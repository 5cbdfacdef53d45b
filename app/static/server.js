// The only two ways in which a component asks for more than it was given: this server's own routes and files, by path.

const HERE = /^\/(?:source|static\/js)\/[\w./%-]+(?:\?[^#]*)?$/;

/** What a route under /source/ says, or null where it cannot. */
export async function asked(path) {
  if (!HERE.test(path) || path.includes('..')) {
    return null;
  }
  try {
    const answer = await fetch(new URL(path, document.baseURI).href, { credentials: 'same-origin', redirect: 'error' });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A script that the server has beside its own pages, or null. */
export async function loaded(path) {
  if (!HERE.test(path) || path.includes('..')) {
    return null;
  }
  try {
    return await import(new URL(path, document.baseURI).href);
  } catch {
    return null;
  }
}
