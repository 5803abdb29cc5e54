// What signin.ts takes of Node.js.
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
}
declare module "node:process" {
  export const argv: string[];
}
