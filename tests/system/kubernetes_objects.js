// Validates Kubernetes objects (a YAML stream on standard input) against the schemas of their kinds, prints one line of
// JSON with all of them, and exits 1 when one is wrong or of a kind without a schema.
const yaml = require('yaml');

const objects = yaml.parseAllDocuments(require('fs').readFileSync(0, 'utf8')).map((document) => document.toJS());
let wrong = 0;
for (const object of objects) {
  const name = `${object.kind} ${object.metadata.name}`;
  const schemas = object.apiVersion.startsWith('monitoring.coreos.com/')
    ? `@kubernetes-models/prometheus-operator/${object.apiVersion}` : `kubernetes-models/${object.apiVersion}`;
  try {
    const Kind = require(schemas)[object.kind];
    if (!Kind) throw new Error(`${object.apiVersion} has no kind ${object.kind}`);
    new Kind(object).validate();
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    wrong += 1;
  }
}
console.log(JSON.stringify(objects));
process.exit(wrong === 0 && objects.length > 0 ? 0 : 1);
