package affinity.interop;

import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.jpa.validation.JpaValidationSupportChain;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** A real HAPI FHIR server (R4, JPA) on loopback. Prints `ready: URL` when it answers; the port is its first argument, 0 for a free one. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int port = arguments.length == 0 ? 0 : Integer.parseInt(arguments[0]);
        AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext(Records.class);
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        ServletContextHandler handler = new ServletContextHandler();
        handler.setContextPath("/");
        handler.addServlet(new ServletHolder(fhir(beans)), "/fhir/*");
        server.setHandler(handler);
        server.start();
        System.out.println("ready: http://127.0.0.1:" + connector.getLocalPort() + "/fhir");
        server.join();
    }

    private static RestfulServer fhir(AnnotationConfigApplicationContext beans) {
        IFhirSystemDao<?, ?> system = beans.getBean(IFhirSystemDao.class);
        RestfulServer server = new RestfulServer(system.getContext());
        server.registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
        server.registerProvider(beans.getBean(JpaSystemProvider.class));
        server.setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));
        server.setServerConformanceProvider(new JpaCapabilityStatementProvider(
                server,
                system,
                beans.getBean(JpaStorageSettings.class),
                beans.getBean(ISearchParamRegistry.class),
                beans.getBean(JpaValidationSupportChain.class)));
        return server;
    }
}
