// The question that Talap is asked by the thousand ("may the operator use these categories of this person's data for
// this purpose?"), asked of two peers in process, on one core. Each is handed the person's consents, which Talap finds
// by itself among millions. Prints {"cedar": decisions a second, "casbin": …}.   node peers.cjs SECONDS
const seconds = Number(process.argv[2] || 3)
const PEOPLE = 10000
const CATEGORIES = ['name', 'photo', 'phone', 'email', 'address', 'location', 'family', 'sex']
const now = 1780000000

const people = []
for (let i = 0; i < PEOPLE; i++) {
  const purpose = 'purpose_' + (1 + i % 8)
  people.push({id: 'client-' + i, purpose, categories: CATEGORIES, until: i % 3 ? 1850000000 : 1750000000})
}
const questions = []
for (let i = 0; i < 4096; i++) {
  const person = people[(i * 7919) % PEOPLE]
  questions.push({person, purpose: i % 4 ? person.purpose : 'purpose_9', wanted: [CATEGORIES[i % 8], CATEGORIES[(i + 3) % 8]]})
}
function wanted(q) {
  return q.person.purpose === q.purpose && now < q.person.until
}

function cedar() {
  const lib = require('@cedar-policy/cedar-wasm/nodejs')
  const policy = `permit(principal == Operator::"operator", action == Action::"use", resource)
    when { resource.purpose == context.purpose && resource.categories.containsAll(context.categories) && context.now < resource.until };`
  const prepared = lib.preparsePolicySet && lib.preparsePolicySet('bench', {staticPolicies: policy}).type === 'success'
  return q => {
    const call = {
      principal: {type: 'Operator', id: 'operator'}, action: {type: 'Action', id: 'use'}, resource: {type: 'Person', id: q.person.id},
      context: {purpose: q.purpose, categories: q.wanted, now},
      entities: [{uid: {type: 'Person', id: q.person.id}, parents: [],
        attrs: {purpose: q.person.purpose, categories: q.person.categories, until: q.person.until}}],
    }
    const answer = prepared ? lib.statefulIsAuthorized({...call, preparsedPolicySetId: 'bench', validateRequest: false})
      : lib.isAuthorized({...call, policies: {staticPolicies: policy}})
    return answer.response.decision === 'allow'
  }
}

async function casbin() {
  const lib = require('casbin')
  const model = lib.newModelFromString(`
[request_definition]
r = sub, obj, act, purpose, wanted, now
[policy_definition]
p = sub, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.act == p.act && r.obj.purpose == r.purpose && r.now < r.obj.until && covers(r.obj.categories, r.wanted)
`)
  const enforcer = await lib.newEnforcer(model)
  await enforcer.addPolicy('operator', 'use')
  enforcer.addFunction('covers', (all, some) => some.every(c => all.includes(c)))
  return q => enforcer.enforceSync('operator', q.person, 'use', q.purpose, q.wanted, now)
}

function rate(decide) {
  for (const q of questions) {
    if (decide(q) !== wanted(q)) throw new Error('another answer')
  }
  const until = performance.now() + seconds * 1000
  let count = 0
  const begun = performance.now()
  while (performance.now() < until) {
    for (let i = 0; i < 256; i++) decide(questions[count++ & 4095])
  }
  return Math.round(count / (performance.now() - begun) * 1000)
}

async function main() {
  console.log(JSON.stringify({cedar: rate(cedar()), casbin: rate(await casbin())}))
}
main()
