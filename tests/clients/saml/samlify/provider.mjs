// A SAML identity provider that is not ours: the library `samlify`, with keys of the fixtures. And it as a service provider.

import { readFileSync } from 'node:fs';
import samlify from 'samlify';

export const ROLE = 'arn:aws:iam::123456789012:role/analyst';
export const PROVIDER = 'arn:aws:iam::123456789012:saml-provider/elsewhere';
export const SIGN_IN = 'https://signin.aws.amazon.com/saml';
export const ENTITY = 'https://idp.samlify.test/metadata';
export const { signature: SIGNATURE, encryption: { data: CIPHER, key: TRANSPORT } } = samlify.Constants.algorithms;
const AUDIENCE = 'urn:amazon:webservices';
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const MINUTE = 60_000;

// It reads no document without something that looks at its form.
samlify.setSchemaValidator({ validate: async () => 'read' });

export const key = (name) => readFileSync(`${process.env.SAML_KEYS}/${name}.key.pem`, 'utf8');
const certificate = (name) => readFileSync(`${process.env.SAML_KEYS}/${name}.cert.pem`, 'utf8').replaceAll(/-----.*-----|\s/g, '');

/** AWS as a service provider, with a certificate to encrypt for. */
function aws(audience, signsResponse) {
  return samlify.ServiceProvider({
    entityID: audience,
    authnRequestsSigned: false,
    wantAssertionsSigned: true,
    wantMessageSigned: signsResponse,
    encryptCert: certificate('provider'),
    assertionConsumerService: [{ Binding: POST, Location: SIGN_IN }],
  });
}

const TEMPLATE = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{Issued}" Destination="${SIGN_IN}">\
<saml:Issuer>${ENTITY}</saml:Issuer><samlp:Status>\
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
<saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{Issued}"><saml:Issuer>${ENTITY}</saml:Issuer><saml:Subject>\
<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{Name}</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData NotOnOrAfter="{Ends}" Recipient="${SIGN_IN}"/></saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="{Issued}" NotOnOrAfter="{Ends}"><saml:AudienceRestriction>\
<saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="{Issued}"><saml:AuthnContext><saml:AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
{AttributeStatement}</saml:Assertion></samlp:Response>`;

const attribute = (name, valueTag) => ({
  name: `https://aws.amazon.com/SAML/Attributes/${name}`,
  valueTag,
  nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  valueXsiType: 'xs:string',
});

export class IdentityProvider {
  /** Signs by a key of the fixtures, and encrypts for AWS by a cipher. */
  constructor({ name = 'rollover', method = SIGNATURE.RSA_SHA256, cipher = null, transport = TRANSPORT.RSA_OAEP_MGF1P } = {}) {
    this.encrypts = cipher !== null;
    this.idp = samlify.IdentityProvider({
      entityID: ENTITY,
      signingCert: certificate(name),
      privateKey: key(name),
      requestSignatureAlgorithm: method,
      isAssertionEncrypted: this.encrypts,
      dataEncryptionAlgorithm: cipher,
      keyEncryptionAlgorithm: transport,
      nameIDFormat: ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
      singleSignOnService: [{ Binding: POST, Location: 'https://idp.samlify.test/sso' }],
      loginResponseTemplate: { context: TEMPLATE, attributes: [attribute('Role', 'role'), attribute('RoleSessionName', 'session')] },
    });
  }

  metadata() {
    return this.idp.getMetadata();
  }

  /** A Response as XML, which lasts so many minutes. */
  async response({ name = 'alice@example.test', signsResponse = false, minutes = 5, audience = AUDIENCE } = {}) {
    const now = new Date();
    const values = {
      ID: `_${crypto.randomUUID()}`,
      AssertionID: `_${crypto.randomUUID()}`,
      Issued: now.toISOString(),
      Ends: new Date(now.getTime() + minutes * MINUTE).toISOString(),
      Name: name,
      Audience: audience,
      attrRole: `${ROLE},${PROVIDER}`,
      attrSession: name,
    };
    const fill = (template) => ({ id: values.ID, context: samlify.SamlLib.replaceTagsByValue(template, values) });
    const options = { customTagReplacement: fill, encryptThenSign: this.encrypts && signsResponse };
    const { context } = await this.idp.createLoginResponse(aws(audience, signsResponse), {}, 'post', {}, options);
    return Buffer.from(context, 'base64').toString();
  }
}

/** The name in a Response, as one takes it who trusts this metadata. */
export async function believe(metadata, encoded) {
  const idp = samlify.IdentityProvider({ metadata });
  const { extract } = await aws(AUDIENCE, false).parseLoginResponse(idp, 'post', { body: { SAMLResponse: encoded } });
  return extract.nameID;
}
