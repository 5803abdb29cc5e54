// Counts the segments of each text of a JSON array on standard input.
import { readFileSync } from "node:fs";
import calculator from "sms-segments-calculator";

const counted = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  const message = new calculator.SegmentedMessage(text);
  return { n: message.segmentsCount, encoding: message.encodingName };
});
process.stdout.write(JSON.stringify(counted));
