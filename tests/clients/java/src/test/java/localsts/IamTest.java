package localsts;

import static localsts.World.ACCOUNT;
import static localsts.World.ALICE;
import static localsts.World.ALICE_ARN;
import static localsts.World.identity;
import static localsts.World.refused;
import static localsts.World.role;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.iam.model.DeleteConflictException;
import software.amazon.awssdk.services.iam.model.NoSuchEntityException;
import software.amazon.awssdk.services.iam.model.StatusType;
import software.amazon.awssdk.services.iam.model.User;

/** The life of a user, of a role and of a policy; what each change means shows in the next call. */
class IamTest {
    private World world;

    @BeforeEach
    void begin() throws Exception {
        world = new World();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String allow(String action) {
        return "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"" + action + "\",\"Resource\":\"*\"}]}";
    }

    private static void fresh(Instant date) {
        assertTrue(Duration.between(date, Instant.now()).abs().toMinutes() < 1, date.toString());
    }

    @Test
    void aUserComesGetsKeysChangesThemAndGoes() {
        var iam = world.iam(ALICE);
        var user = iam.createUser(it -> it.userName("carol").path("/crew/")).user();
        assertEquals("arn:aws:iam::" + ACCOUNT + ":user/crew/carol", user.arn());
        fresh(user.createDate());
        var key = iam.createAccessKey(it -> it.userName("carol")).accessKey();
        fresh(key.createDate());
        var carol = World.keys(key.accessKeyId(), key.secretAccessKey());
        assertEquals(user.arn(), identity(world.sts(carol)));
        var used = iam.getAccessKeyLastUsed(it -> it.accessKeyId(key.accessKeyId()));
        assertEquals("carol sts", used.userName() + " " + used.accessKeyLastUsed().serviceName());
        fresh(used.accessKeyLastUsed().lastUsedDate());

        refused("AccessDenied", 403, "User: " + user.arn() + " is not authorized", () -> world.iam(carol).listUsers());
        iam.putUserPolicy(it -> it.userName("carol").policyName("look").policyDocument(allow("iam:ListUsers")));
        assertEquals("alice bob carol", String.join(" ", world.iam(carol).listUsers().users().stream().map(User::userName).toList()));
        var document = iam.getUserPolicy(it -> it.userName("carol").policyName("look")).policyDocument();
        assertEquals(allow("iam:ListUsers"), URLDecoder.decode(document, StandardCharsets.UTF_8));

        iam.updateAccessKey(it -> it.userName("carol").accessKeyId(key.accessKeyId()).status(StatusType.INACTIVE));
        refused("InvalidClientTokenId", 403, "", () -> identity(world.sts(carol)));
        refused(DeleteConflictException.class, "DeleteConflict", 409, "", () -> iam.deleteUser(it -> it.userName("carol")));
        iam.deleteAccessKey(it -> it.userName("carol").accessKeyId(key.accessKeyId()));
        iam.deleteUserPolicy(it -> it.userName("carol").policyName("look"));
        iam.deleteUser(it -> it.userName("carol"));
        refused(NoSuchEntityException.class, "NoSuchEntity", 404, "", () -> iam.getUser(it -> it.userName("carol")));
    }

    @Test
    void aRoleComesIsAssumedMayLessAndGoes() {
        var iam = world.iam(ALICE);
        var trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + ALICE_ARN
                + "\"},\"Action\":\"sts:AssumeRole\"}]}";
        var made = iam.createRole(it -> it.roleName("made").assumeRolePolicyDocument(trust)).role();
        assertEquals(role("made"), made.arn());
        fresh(made.createDate());
        var own = world.assumed(ALICE, "made");
        refused("AccessDenied", 403, "", () -> world.iam(own).listRoles());
        var policy = iam.createPolicy(it -> it.policyName("look").policyDocument(allow("iam:ListRoles"))).policy().arn();
        iam.attachRolePolicy(it -> it.roleName("made").policyArn(policy));
        assertTrue(world.iam(own).listRoles().roles().stream().anyMatch(one -> one.roleName().equals("made")));
        var version = iam.createPolicyVersion(it -> it.policyArn(policy).policyDocument(allow("s3:*")).setAsDefault(true)).policyVersion();
        assertEquals("v2", version.versionId());
        refused("AccessDenied", 403, "", () -> world.iam(own).listRoles());

        refused(DeleteConflictException.class, "DeleteConflict", 409, "", () -> iam.deletePolicy(it -> it.policyArn(policy)));
        iam.detachRolePolicy(it -> it.roleName("made").policyArn(policy));
        iam.deletePolicyVersion(it -> it.policyArn(policy).versionId("v1"));
        iam.deletePolicy(it -> it.policyArn(policy));
        iam.deleteRole(it -> it.roleName("made"));
        refused("AccessDenied", 403, "", () -> world.assumed(ALICE, "made"));
    }

    @Test
    void pagesOfUsersFollowEachOther() {
        var iam = world.iam(ALICE);
        for (int n = 0; n < 7; n += 1) {
            var name = "many-" + n;
            iam.createUser(it -> it.userName(name).path("/many/"));
        }
        var pages = iam.listUsersPaginator(it -> it.pathPrefix("/many/").maxItems(3));
        assertEquals(3, pages.stream().count());
        assertEquals("many-0 many-1 many-2 many-3 many-4 many-5 many-6",
                String.join(" ", pages.users().stream().map(User::userName).toList()));
    }
}
