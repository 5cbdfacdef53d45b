// Has something told: see tell.js.

import { tell } from './tell.js';

export default function ({ data }) {
  tell(data);
}
